/** How many test files run in parallel, and how often a failed test is repeated. */
import { availableParallelism } from 'node:os';

/** For tests without an engine: one less than the processors, and at least two, because they also wait. */
export const UNIT_WORKERS = Math.max(2, availableParallelism() - 1);

/**
 * For tests that start containers and whole instances: as many as there are processors, because their containers need
 * processors too. At least two, because each waits half of its time, and never many: they share one engine.
 */
export const ENGINE_WORKERS = Math.min(4, Math.max(2, availableParallelism()));

/**
 * How often a failed test is repeated where it waits for real processes: a machine shared by containers, browsers and
 * servers interrupts one test in some ten thousand. One that passes then is listed as flaky with its first error, so
 * that it gets mended. Pure tests are never repeated: what they find is always there.
 */
export const RETRIES = 1;
