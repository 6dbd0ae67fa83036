/** How many tests passed, failed and were skipped, and what that says about the whole. */
import { z } from 'zod';

export const Outcome = z.strictObject({
  passed: z.int(),
  failed: z.int(),
  /** Each skipped test: where it is and why. */
  skipped: z.array(z.strictObject({ test: z.string(), reason: z.string() })),
  /** Faults outside of any test; each makes the run a failure. */
  errors: z.array(z.string()),
});
export type Outcome = z.infer<typeof Outcome>;

/** Nothing has run. */
export const NOTHING: Outcome = { passed: 0, failed: 0, skipped: [], errors: [] };

/** Two outcomes as one. */
export function addUp(a: Outcome, b: Outcome): Outcome {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: [...a.skipped, ...b.skipped],
    errors: [...a.errors, ...b.errors],
  };
}

/** The lines that end a run: the skipped tests with their reasons, what else went wrong, and the counts as the last. */
export function verdictLines({ passed, failed, skipped, errors }: Outcome): string[] {
  return [
    ...skipped.map(({ test, reason }) => `skipped: ${test} (${reason})`),
    // Vitest has shown them whole.
    ...errors.map((error) => `error: ${error.replaceAll(/\s+/g, ' ').slice(0, 200)}`),
    `${passed} passed, ${failed + errors.length} failed, ${skipped.length} skipped`,
  ];
}

/** The exit code of a run: 0 when something passed and nothing failed. Skipped tests alone are no success. */
export function exitCodeOf({ passed, failed, errors }: Outcome): number {
  return passed > 0 && failed === 0 && errors.length === 0 ? 0 : 1;
}
