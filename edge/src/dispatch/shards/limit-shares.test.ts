import { type BuildLimits, NO_BUILD_LIMITS } from '@appflux/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareOf } from './limit-shares.ts';

const most = fc.integer({ min: 1, max: 10_000 });
const someLimits: fc.Arbitrary<BuildLimits> = fc.record({
  builds: fc.option(most),
  labels: fc.dictionary(fc.constantFrom('macos', 'gpu', 'constructor'), most),
});

test('a pool that is one object has the whole limit', () => {
  fc.assert(
    fc.property(someLimits, (limits) => {
      expect(shareOf(limits, { shard: 0, layout: { shards: 1 } })).toEqual(limits);
    }),
  );
});

test('shares add up to the limit, differ by one at most, and leave no shard without a build', () => {
  fc.assert(
    fc.property(most, fc.integer({ min: 1, max: 16 }), (builds, shards) => {
      const shares = Array.from({ length: shards }, (_, shard) => {
        const share = shareOf({ builds, labels: { macos: builds } }, { shard, layout: { shards } });
        expect(share.labels).toEqual({ macos: share.builds });
        return share.builds ?? 0;
      });
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(Math.max(builds, shards));
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(1);
    }),
  );
});

test('what has no limit has none in a share, and a shard that is given up gets nothing', () => {
  expect(shareOf(NO_BUILD_LIMITS, { shard: 2, layout: { shards: 3 } })).toEqual(NO_BUILD_LIMITS);
  const limits = { builds: 8, labels: { macos: 2 } };
  expect(shareOf(limits, { shard: 3, layout: { shards: 3 } })).toEqual({ builds: 0, labels: { macos: 0 } });
});
