/**
 * Two short parallel runs with fixed seeds, so that a test's result does not depend on chance. For new seeds use `npm
 * run chaos`.
 */
import { describe, expect, it } from 'vitest';
import { runChaos } from './run.ts';

/** A run of any size contains every kind of fault. */
const DEPLOYMENTS = 6;

describe.concurrent('under faults the platform loses nothing and reports nothing false', () => {
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
