import fc from 'fast-check';
import { expect, test } from 'vitest';
import { homeOf, preferenceOf, shardName } from './layout.ts';

const keys = fc.array(fc.stringMatching(/^[0-9a-f]{24}$/), { minLength: 1, maxLength: 200 });

test('with one shard more, only keys of the new one move; with one less, only those of the last', () => {
  fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 15 }), (all, shards) => {
      for (const key of all) {
        const [before, after] = [homeOf(key, shards), homeOf(key, shards + 1)];
        expect([before, shards]).toContain(after);
      }
    }),
  );
});

test('every shard is preferred once, and the home is the first of them', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 16 }), (key, shards) => {
      const order = preferenceOf(key, shards);
      expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: shards }, (_, shard) => shard));
      expect(homeOf(key, shards)).toBe(order[0]);
    }),
  );
});

test.each([2, 3, 8, 16])('10,000 ids that count up are spread over %i shards within a tenth', (shards) => {
  const counts = new Array<number>(shards).fill(0);
  for (let n = 0; n < 10_000; n += 1) {
    const home = homeOf(n.toString(16).padStart(24, '0'), shards);
    counts[home] = (counts[home] ?? 0) + 1;
  }
  const share = 10_000 / shards;
  expect(Math.max(...counts) / share).toBeLessThan(1.1);
  expect(Math.min(...counts) / share).toBeGreaterThan(0.9);
});

test('the first shard is the object that a pool has had from the beginning', () => {
  expect(shardName({ ownerId: 'a', shard: 0 })).toBe('a');
  expect(shardName({ ownerId: 'a', shard: 3 })).toBe('a#3');
});
