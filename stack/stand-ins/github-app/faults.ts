/**
 * Bad days of GitHub, with the answers that it documents for them.
 * Sources: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api,
 * https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
 */

/** `lost` does what was asked, and closes the connection instead of answering; `half` breaks off in the answer. */
export type Fault =
  | 'lost'
  | 'half'
  | 'hang'
  | { status: number; headers?: Record<string, string>; body: string };

/** A fault for the next call whose `METHOD path` holds `on`. */
export interface NextFault {
  on: string;
  fault: Fault;
}

const answer = (status: number, message: string, headers: Record<string, string> = {}): Fault => ({
  status,
  headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify({ message, documentation_url: 'https://docs.github.com/rest' }),
});

/** The hourly limit, used up until `resetAt` (Unix seconds). */
export const primaryLimit = (resetAt: number, status: 403 | 429 = 403): Fault =>
  answer(status, 'API rate limit exceeded for installation ID 123.', {
    'X-RateLimit-Limit': '5000',
    'X-RateLimit-Remaining': '0',
    'X-RateLimit-Reset': String(resetAt),
  });

/** A limit on bursts: with `Retry-After` in seconds, or without a word about its end. */
export const secondaryLimit = (retryAfter: number | null, status: 403 | 429 = 403): Fault =>
  answer(
    status,
    'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
    retryAfter === null ? {} : { 'Retry-After': String(retryAfter) },
  );

export const BAD_CREDENTIALS = answer(401, 'Bad credentials');

/** What a load balancer says, which is no JSON. */
export const UNICORN: Fault = {
  status: 502,
  headers: { 'Content-Type': 'text/html' },
  body: '<!DOCTYPE html><title>Unicorn! &middot; GitHub</title><p>We had issues producing the response to your request.</p>',
};

export const UNAVAILABLE = answer(503, 'Service unavailable');
