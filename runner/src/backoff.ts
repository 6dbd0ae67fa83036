/** How long to wait before trying again. */

export interface BackoffPolicy {
  /** The ceiling of the first wait, in milliseconds; it doubles with each further failure. */
  readonly baseMs: number;
  /** The ceiling that no wait passes, in milliseconds. */
  readonly capMs: number;
}

/** The longest wait that an answer can ask for, in milliseconds: it must not keep a runner away permanently. */
const LONGEST_ASKED_MS = 60_000;

/**
 * Exponential back-off with full jitter: a uniformly random wait up to a ceiling that doubles with
 * each failure. Every runner loses its socket at the same moment when the edge is deployed; randomizing the whole
 * wait, not only a part of it, is what spreads their return best.
 * See https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
 *
 * @param failures how many tries have failed so far, from 0
 * @param random a number from 0 to 1, for tests
 * @returns milliseconds
 */
export function fullJitter(
  failures: number,
  policy: BackoffPolicy,
  random: () => number = Math.random,
): number {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(failures, 30));
  return Math.floor(random() * ceiling);
}

/**
 * The policy for a pool whose edge has asked for a return within so many milliseconds: every wait is spread over at least
 * that time. Retries as well, because the other runners of a large pool fail at the same time.
 */
export const returnPolicy = (policy: BackoffPolicy, returnWithinMs: number): BackoffPolicy => ({
  baseMs: Math.max(policy.baseMs, returnWithinMs),
  capMs: Math.max(policy.capMs, returnWithinMs),
});

/**
 * The wait of a `Retry-After` header (RFC 9110 §10.2.3), in milliseconds and limited. 0 without one, and for one
 * that names a date: AppFlux sends seconds.
 */
export function askedWait(retryAfter: string | undefined): number {
  const seconds = /^\d{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) : 0;
  return Math.min(seconds * 1000, LONGEST_ASKED_MS);
}
