/** Two short runs beside each other: one whose seed is always the same, and one that is new each time. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { runChaos } from './run.ts';

/** Every kind of fault is in a run of any size. */
const DEPLOYMENTS = 6;

describe.concurrent('under faults the platform neither lies nor loses anything', () => {
  for (const seed of ['fixed', randomBytes(4).toString('hex')]) {
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
