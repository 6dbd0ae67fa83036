/** How many test files run beside each other. */
import { availableParallelism } from 'node:os';

/** Of tests that need no engine: as many as there are processors, but for one, and two at the least, since they wait too. */
export const UNIT_WORKERS = Math.max(2, availableParallelism() - 1);

/** Of tests that start containers and whole instances. More of them would measure each other's load. */
export const ENGINE_WORKERS = 2;
