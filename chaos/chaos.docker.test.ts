/**
 * Short parallel runs with fixed seeds, so that a test's result does not depend on chance. For new seeds use `npm
 * run chaos`.
 */
import { describe, expect, it } from 'vitest';
import { type RunOptions, runChaos } from './run.ts';

/** A run with deployments contains every kind of fault, whatever its size; one with kills has nothing else. */
const RUNS: readonly (Pick<RunOptions, 'size' | 'seed'> & { readonly arguments: string })[] = [
  { arguments: '--deployments 6 --seed first', size: { deployments: 6 }, seed: 'first' },
  { arguments: '--deployments 6 --seed second', size: { deployments: 6 }, seed: 'second' },
  { arguments: '--kills 5 --seed third', size: { kills: 5 }, seed: 'third' },
];

describe.concurrent('under faults the platform loses nothing and reports nothing false', () => {
  for (const { size, seed, arguments: given } of RUNS) {
    it(`npm run chaos -- ${given}`, async () => {
      const lines: string[] = [];
      const { faults, summary } = await runChaos({
        size,
        seed,
        say: (line) => lines.push(line),
        signal: new AbortController().signal,
      });
      expect(faults, [...lines, ...summary].join('\n')).toEqual([]);
    });
  }
});
