import { expect, test } from 'vitest';
import { MOST_ATTEMPTS, tryAgainAt } from './retry.ts';

const HOUR = 3_600_000;
const later = { later: true, retryAfterSeconds: null };

test('pauses grow, and end before the link does', () => {
  let now = 0;
  const pauses: number[] = [];
  for (let attempts = 1; ; attempts += 1) {
    const at = tryAgainAt({ attempts, expiresAt: HOUR }, later, now);
    if (at === null) break;
    pauses.push((at - now) / 1000);
    now = at;
  }
  expect(pauses).toEqual([5, 15, 45, 135, 405, 1200, 1200]);
  expect(now).toBeLessThan(HOUR - 60_000);
});

test('a link that lasts long is tried so many times and no more', () => {
  const forLong = { attempts: MOST_ATTEMPTS, expiresAt: 1000 * HOUR };
  expect(tryAgainAt({ ...forLong, attempts: MOST_ATTEMPTS - 1 }, later, 0)).not.toBeNull();
  expect(tryAgainAt(forLong, later, 0)).toBeNull();
});

test('a service that names a longer pause gets it, as long as the link is of use afterwards', () => {
  const tried = { attempts: 1, expiresAt: HOUR };
  expect(tryAgainAt(tried, { later: true, retryAfterSeconds: 600 }, 0)).toBe(600_000);
  expect(tryAgainAt(tried, { later: true, retryAfterSeconds: 1 }, 0)).toBe(5000);
  expect(tryAgainAt(tried, { later: true, retryAfterSeconds: 3590 }, 0)).toBeNull();
  expect(tryAgainAt(tried, { later: true, retryAfterSeconds: 999_999_999 }, 0)).toBeNull();
});

test('a permanent refusal is left to the operator immediately', () => {
  expect(tryAgainAt({ attempts: 1, expiresAt: HOUR }, { later: false, retryAfterSeconds: 1 }, 0)).toBeNull();
});
