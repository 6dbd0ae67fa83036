/** How many test files run beside each other. */
import { availableParallelism } from 'node:os';

/** Of tests that need no engine: as many as there are processors, but for one, and two at the least, since they wait too. */
export const UNIT_WORKERS = Math.max(2, availableParallelism() - 1);

/**
 * Of tests that start containers and whole instances: one more than there are processors, since each waits for half of its
 * time, but never many. What runs in them has processors of its own to want, and an engine does one thing after the other.
 */
export const ENGINE_WORKERS = Math.min(4, availableParallelism() + 1);
