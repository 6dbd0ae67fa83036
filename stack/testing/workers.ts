/** How many test files run in parallel. */
import { availableParallelism } from 'node:os';

/** For tests without an engine: one less than the processors, and at least two, because they also wait. */
export const UNIT_WORKERS = Math.max(2, availableParallelism() - 1);

/**
 * For tests that start containers and whole instances: as many as there are processors, because their containers need
 * processors too. At least two, because each waits half of its time, and never many: they share one engine.
 */
export const ENGINE_WORKERS = Math.min(4, Math.max(2, availableParallelism()));
