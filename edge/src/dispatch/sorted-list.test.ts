import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SortedList } from './sorted-list.ts';

const ascending = (a: number, b: number) => a - b;

test('has the same items in the same order as a sorted array, whatever comes and goes', () => {
  const change = fc.record({ adds: fc.boolean(), value: fc.integer({ min: 0, max: 2_000 }) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 3_000, size: 'max' }), (changes) => {
      const list = new SortedList<number>(ascending);
      const model = new Set<number>();
      for (const { adds, value } of changes) {
        if (!adds) expect(list.delete(value)).toBe(model.delete(value));
        else if (!model.has(value)) {
          model.add(value);
          list.add(value);
        }
      }
      const sorted = [...model].sort(ascending);
      expect([...list]).toEqual(sorted);
      expect(list.size).toBe(sorted.length);
      expect(list.first).toBe(sorted[0]);
      for (const probe of [-1, 0, 999, 2_001])
        expect(list.countBefore(probe)).toBe(sorted.filter((value) => value < probe).length);
    }),
    { numRuns: 50 },
  );
});

test('stays sorted past many chunks, filled from either end', () => {
  const list = new SortedList<number>(ascending);
  for (let value = 0; value < 5_000; value += 1) list.add(value % 2 === 0 ? value : -value);
  const items = [...list];
  expect(items).toEqual([...items].sort(ascending));
  expect(items).toHaveLength(5_000);
  for (const item of items) expect(list.delete(item)).toBe(true);
  expect([list.size, list.first, list.delete(0)]).toEqual([0, undefined, false]);
});
