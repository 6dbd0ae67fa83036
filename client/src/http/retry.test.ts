import { describe, expect, test } from 'vitest';
import { RefusedError, retryAfterOf, UnreachableError } from './errors.ts';
import { retryWait } from './retry.ts';

const request = { method: 'GET', path: '/api/apps' };
const refused = (httpStatus: number, retryAfterSeconds?: number) =>
  new RefusedError('unavailable', 'No', {
    httpStatus,
    serverCode: null,
    request,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });

describe('the wait before a call is repeated', () => {
  test('is never shorter than what the server named', () => {
    for (const random of [0, 0.5, 0.999]) {
      const wait = retryWait('GET', refused(429, 7), 1, {}, random);
      expect(wait).toBeGreaterThanOrEqual(7000);
      expect(wait).toBeLessThan(8750);
    }
  });

  test('doubles where the server named none', () => {
    expect([1, 2, 3].map((attempt) => retryWait('GET', refused(503), attempt, {}, 0))).toEqual([
      500, 1000, 2000,
    ]);
  });

  test.each([
    ['a call that changes something', 'POST', refused(503), 1],
    ['a refusal that does not pass by itself', 'GET', refused(500), 1],
    ['a refusal of a proxy', 'GET', refused(502), 1],
    ['a lost connection', 'GET', new UnreachableError('No', { request }), 1],
    ['the last attempt', 'GET', refused(503), 4],
    ['a wait that is longer than the caller waits', 'GET', refused(503, 61), 1],
  ])('is none for %s', (_what, method, error, attempt) => {
    expect(retryWait(method, error, attempt, {})).toBe(null);
  });
});

test.each([
  [null, null],
  ['7', 7],
  ['0', null],
  ['-1', null],
  ['soon', null],
  ['Sun, 01 Nov 2026 12:00:30 GMT', 30],
  ['Sun, 01 Nov 2026 11:59:00 GMT', null],
])('Retry-After: %s is %s seconds', (header, seconds) => {
  expect(retryAfterOf(header, Date.parse('2026-11-01T12:00:00Z'))).toBe(seconds);
});
