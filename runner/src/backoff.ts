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
 * The wait of a `Retry-After` header (RFC 9110 §10.2.3), in milliseconds and limited. 0 without one, and for one
 * that names a date: AppFlux sends seconds.
 */
export function askedWait(retryAfter: string | undefined): number {
  const seconds = /^\d{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) : 0;
  return Math.min(seconds * 1000, LONGEST_ASKED_MS);
}
