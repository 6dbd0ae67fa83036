/**
 * How runners come back after a deploy of the Worker, which drops all of their connections at the same moment. When
 * a runner connects, it receives within which time it is to come back then: the larger the pool, the longer. Pure.
 */
import { MAX_RETURN_MS } from '@appflux/protocol';

/** A pool takes back so many runners in a second, and works for those that are there besides: `npm run bench:pool`. */
const PER_SECOND = 250;

/** Fewer come back at the same time without a window: runners spread their return over half a second by themselves. */
const LARGE = PER_SECOND / 2;

/** What is stored is written again when the pool has grown by this share, and halved in a pool that was smaller for a day. */
const GROWTH = 1.1;
const DAY_MS = 86_400_000;

/** How many runners a pool has when all are there. In Unix milliseconds: when it had so many. */
export interface PoolSize {
  readonly runners: number;
  readonly at: number;
}

/**
 * The size of a pool in which `connected` runners are at `now`; undefined for one that was never large. It is the same object
 * as before when nothing is to be stored. Right after a deploy few are connected, so the size that is stored counts then.
 */
export function poolSize(before: PoolSize | undefined, connected: number, now: number): PoolSize | undefined {
  if (before === undefined) return connected > LARGE ? { runners: connected, at: now } : undefined;
  if (connected > before.runners * GROWTH) return { runners: connected, at: now };
  if (Math.abs(now - before.at) < DAY_MS) return before;
  return { runners: Math.max(connected, Math.floor(before.runners / 2)), at: now };
}

/** Within how many milliseconds the runners of a pool are to come back; null in a pool that needs no such time. */
export function returnWindow(size: PoolSize | undefined): number | null {
  if (size === undefined || size.runners <= LARGE) return null;
  return Math.min(MAX_RETURN_MS, Math.ceil((size.runners / PER_SECOND) * 1000));
}
