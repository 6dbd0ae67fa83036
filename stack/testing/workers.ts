/** How many test files run beside each other. */
import { availableParallelism } from 'node:os';

/** Of tests that need no engine: as many as there are processors, but for one, and two at the least, since they wait too. */
export const UNIT_WORKERS = Math.max(2, availableParallelism() - 1);

/**
 * Of tests that start containers and whole instances: as many as there are processors, since what runs in them wants
 * processors of its own, two at the least, since each waits for half of its time, and never many: they share one engine.
 */
export const ENGINE_WORKERS = Math.min(4, Math.max(2, availableParallelism()));
