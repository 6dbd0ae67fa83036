/** How many tests passed, failed and were skipped, and the result of the whole run. */
import { z } from 'zod';

export const Outcome = z.strictObject({
  passed: z.int(),
  failed: z.int(),
  /** Each skipped test: where it is and why. */
  skipped: z.array(z.strictObject({ test: z.string(), reason: z.string() })),
  /** Each test that failed and passed when it was repeated: where it is and how it failed. It counts as passed. */
  flaky: z.array(z.strictObject({ test: z.string(), error: z.string() })),
  /** How long each test file took, in milliseconds, by project and path. */
  files: z.record(z.string(), z.number()).default({}),
  /** Errors outside of any test; each makes the run a failure. */
  errors: z.array(z.string()),
});
export type Outcome = z.infer<typeof Outcome>;

/** Nothing has run. */
export const NOTHING: Outcome = { passed: 0, failed: 0, skipped: [], flaky: [], files: {}, errors: [] };

/** Two outcomes combined. */
export function addUp(a: Outcome, b: Outcome): Outcome {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: [...a.skipped, ...b.skipped],
    flaky: [...a.flaky, ...b.flaky],
    files: { ...a.files, ...b.files },
    errors: [...a.errors, ...b.errors],
  };
}

/** How many files the table of times has. */
const SLOWEST = 25;

/** The slowest files, a line each, the longest first. They run in parallel: the sum is not the waiting time. */
export function timeLines({ files }: Outcome): string[] {
  const sorted = Object.entries(files).sort(([, a], [, b]) => b - a);
  if (sorted.length < 2) return [];
  const total = sorted.reduce((sum, [, ms]) => sum + ms, 0);
  return [
    `time by file, the ${Math.min(SLOWEST, sorted.length)} slowest of ${sorted.length} (${seconds(total)} s in all):`,
    ...sorted.slice(0, SLOWEST).map(([name, ms]) => `${seconds(ms).padStart(8)} s  ${name}`),
  ];
}

const seconds = (ms: number) => (ms / 1000).toFixed(1);

/** The lines that end a run: skipped and flaky tests with their reasons, other errors, and the counts last. */
export function verdictLines({ passed, failed, skipped, flaky, errors }: Outcome): string[] {
  return [
    ...skipped.map(({ test, reason }) => `skipped: ${test} (${reason})`),
    ...flaky.map(
      ({ test, error }) => `flaky: ${test} (passed when repeated, failed with: ${inOneLine(error)})`,
    ),
    // Vitest has already shown them in full.
    ...errors.map((error) => `error: ${inOneLine(error)}`),
    `${passed} passed, ${failed + errors.length} failed, ${skipped.length} skipped`,
  ];
}

const inOneLine = (text: string) => text.replaceAll(/\s+/g, ' ').slice(0, 200);

/** The exit code of a run: 0 if something passed and nothing failed. Skipped tests alone are no success. */
export function exitCodeOf({ passed, failed, errors }: Outcome): number {
  return passed > 0 && failed === 0 && errors.length === 0 ? 0 : 1;
}
