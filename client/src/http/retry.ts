/** Whether a refused call is worth repeating, and when. */
import { RefusedError } from './errors.ts';

export interface RetryOptions {
  /** How often a call is made in all; default 4. */
  attempts?: number;
  /** A longer `Retry-After` than this, in seconds, is the caller's to wait for; default 60. */
  longestWaitSeconds?: number;
}

/** Without `Retry-After`, the wait doubles from here, in milliseconds. */
const FIRST_WAIT_MS = 500;

/**
 * How long to wait before a call is repeated, in milliseconds; null if it isn't repeated. Only GETs are: they change
 * nothing. Only refusals that pass by themselves are: 429 and 503.
 * @param attempt how often the call was made so far
 * @param random from 0 to 1, so that clients that were refused together don't return together
 */
export function retryWait(
  method: string,
  error: unknown,
  attempt: number,
  { attempts = 4, longestWaitSeconds = 60 }: RetryOptions,
  random = Math.random(),
): number | null {
  if (method !== 'GET' || attempt >= attempts || !(error instanceof RefusedError)) return null;
  if (error.httpStatus !== 429 && error.httpStatus !== 503) return null;
  const spread = 1 + random / 4;
  if (error.retryAfterSeconds === undefined) return FIRST_WAIT_MS * 2 ** (attempt - 1) * spread;
  if (error.retryAfterSeconds > longestWaitSeconds) return null;
  // Never before the moment that the server named.
  return error.retryAfterSeconds * 1000 * spread;
}
