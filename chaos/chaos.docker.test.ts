/**
 * Two short runs beside each other, of seeds that stay the same: whether a change passes is not a matter of luck. New
 * seeds are what `npm run chaos` is for.
 */
import { describe, expect, it } from 'vitest';
import { runChaos } from './run.ts';

/** Every kind of fault is in a run of any size. */
const DEPLOYMENTS = 6;

describe.concurrent('under faults the platform neither lies nor loses anything', () => {
  for (const seed of ['first', 'second']) {
    it(`npm run chaos -- --deployments ${DEPLOYMENTS} --seed ${seed}`, async () => {
      const lines: string[] = [];
      const { faults, summary } = await runChaos({
        deployments: DEPLOYMENTS,
        seed,
        say: (line) => lines.push(line),
        signal: new AbortController().signal,
      });
      expect(faults, [...lines, ...summary].join('\n')).toEqual([]);
    });
  }
});
