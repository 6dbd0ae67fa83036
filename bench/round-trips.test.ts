import { expect, test } from 'vitest';
import { measureHotPaths } from './cost/hot-paths.ts';

/**
 * The most round trips that each path may take: one after the other before its answer, and in all until nothing happens any
 * more. Fewer is fine. A change that needs more changes the number here, and says why.
 */
const LIMITS: Readonly<Record<string, readonly [sequential: number, all: number]>> = {
  'create a deployment': [5, 16],
  'from offer to grant': [2, 16],
  // Besides these, a runner fetches the source, by the address that the grant brings.
  'from grant to the first line': [2, 16],
  'read a deployment that runs': [2, 2],
  'a batch of its log': [0, 0],
  'its end': [0, 6],
  'its object empties itself': [1, 1],
  'read a deployment that has ended': [1, 1],
  'list apps': [3, 3],
  'list deployments': [2, 2],
  'download page, first view': [4, 4],
  'download page, drawn before': [3, 3],
  'download a file': [2, 2],
  'site page, first view': [4, 4],
  'site page, after some seconds': [1, 1],
  'webhook of a push': [10, 28],
};

test('no hot path makes more round trips than it needs', { timeout: 180_000 }, async () => {
  const paths = await measureHotPaths();
  expect(paths.map(({ what }) => what).sort()).toEqual(Object.keys(LIMITS).sort());
  const over = paths.filter(({ what, trips }) => {
    const [sequential = 0, all = 0] = LIMITS[what] ?? [];
    return trips.sequential > sequential || trips.all > all;
  });
  expect(over.map(({ what, trips, calls }) => ({ what, ...trips, calls }))).toEqual([]);
});
