import { ObjectId } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { firstObjectIdOf, newObjectId } from './object-id.ts';

const NOW = Date.parse('2026-11-01T12:00:00.999Z');

test('an id begins with the second in which it was made', () => {
  const id = newObjectId(NOW);
  expect(ObjectId.parse(id)).toBe(id);
  expect(Number.parseInt(id.slice(0, 8), 16)).toBe(Date.parse('2026-11-01T12:00:00Z') / 1000);
});

test('only the time of an id can be guessed from the ids made before it in the same second', () => {
  const ids = Array.from({ length: 1000 }, () => newObjectId(NOW));
  expect(new Set(ids).size).toBe(1000);
  const parts = ids.map((id) => BigInt(`0x${id.slice(8)}`));
  // Each of the 64 bits is 0 or 1 by chance: among 1,000 fair draws none is the same in fewer than 350.
  for (let bit = 0n; bit < 64n; bit += 1n) {
    const ones = parts.filter((part) => (part >> bit) & 1n).length;
    expect(ones, `bit ${bit}`).toBeGreaterThan(350);
    expect(ones, `bit ${bit}`).toBeLessThan(650);
  }
  const steps = parts.slice(1).map((part, index) => part - (parts[index] ?? 0n));
  expect(new Set(steps).size, 'different steps from one id to the next').toBe(999);
});

test('the first id of a time comes after all that are older and before all that are not', () => {
  const first = firstObjectIdOf('2026-11-01T12:00:00.500Z');
  expect(newObjectId(Date.parse('2026-11-01T11:59:59.999Z')) < first).toBe(true);
  expect(newObjectId(Date.parse('2026-11-01T12:00:00.000Z')) >= first).toBe(true);
  expect(firstObjectIdOf('1970-01-01T00:00:01.000Z')).toBe('000000010000000000000000');
});
