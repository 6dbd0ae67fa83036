/**
 * What an answer of GitHub that is no success means. Pure.
 * Sources: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit,
 * https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
 */
import { retryAfter } from '../../mail/http.ts';
import { HostRefusal } from '../refusal.ts';

/** How long to wait after a limit that says nothing about its end, in milliseconds: "at least one minute". */
const UNSAID_MS = 60_000;

/** A reset that is further ahead is not believed, in milliseconds: primary limits reset every hour. */
const LONGEST_MS = 2 * 3600_000;

/** What secondary limits are called in answers that have no headers about them. */
const LIMITED = /rate limit|abuse detection/i;

const SUSPENDED = /installation has been suspended/i;

/** The commit of a push may be unknown to the API for a moment after its webhook. */
const NOT_THERE_YET = /no commit found for sha/i;

/** The refusal of an answer with this status, headers and message at `now` (Unix milliseconds). */
export function refused(
  status: number,
  headers: Pick<Headers, 'get'>,
  message: string,
  now: number,
): HostRefusal {
  const said = `GitHub answered ${status}${message === '' ? '' : `: ${message}`}`;
  const limitedUntil = status === 403 || status === 429 ? limitEnd(status, headers, message, now) : null;
  if (limitedUntil !== null) return new HostRefusal('limited', said, { retryAt: limitedUntil, status });
  if (status === 401) return new HostRefusal('token', said, { status, serverTime: timeOf(headers) });
  if (status === 403 && SUSPENDED.test(message)) return new HostRefusal('suspended', said, { status });
  if (status === 422 && NOT_THERE_YET.test(message)) return new HostRefusal('later', said, { status });
  if (status === 408 || status === 425 || status >= 500) {
    const seconds = retryAfter(headers.get('Retry-After'), now);
    const retryAt = seconds === null ? null : bounded(now + seconds * 1000, now);
    return new HostRefusal('later', said, { retryAt, status });
  }
  return new HostRefusal('final', said, { status });
}

/** When a limit ends; null when the answer is not about one. */
function limitEnd(
  status: number,
  headers: Pick<Headers, 'get'>,
  message: string,
  now: number,
): number | null {
  const seconds = retryAfter(headers.get('Retry-After'), now);
  if (seconds !== null) return bounded(now + seconds * 1000, now);
  const reset = Number(headers.get('X-RateLimit-Reset') ?? Number.NaN);
  if (headers.get('X-RateLimit-Remaining') === '0' && Number.isFinite(reset))
    return bounded(reset * 1000, now);
  return status === 429 || LIMITED.test(message) ? now + UNSAID_MS : null;
}

/** Clocks differ: a limit ends a second from now at the earliest. */
const bounded = (at: number, now: number): number => Math.min(Math.max(at, now + 1000), now + LONGEST_MS);

function timeOf(headers: Pick<Headers, 'get'>): number | null {
  const time = Date.parse(headers.get('Date') ?? '');
  return Number.isNaN(time) ? null : time;
}
