import { describe, expect, test } from 'vitest';
import { refused } from './refused.ts';

const NOW = Date.parse('2026-11-29T12:00:00.000Z');
const SECONDS = NOW / 1000;

const of = (status: number, message = '', headers: Record<string, string> = {}) => {
  const { kind, retryAt } = refused(status, new Headers(headers), message, NOW);
  return { kind, waits: retryAt === null ? null : (retryAt - NOW) / 1000 };
};

describe.each([403, 429])('a limit answered with %i', (status) => {
  test('ends when Retry-After says', () => {
    expect(of(status, 'You have exceeded a secondary rate limit.', { 'Retry-After': '73' })).toEqual({
      kind: 'limited',
      waits: 73,
    });
  });

  test('ends when the window of the primary limit does', () => {
    const headers = { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': String(SECONDS + 1800) };
    expect(of(status, 'API rate limit exceeded', headers)).toEqual({ kind: 'limited', waits: 1800 });
  });

  test('lasts a minute when nothing says how long', () => {
    expect(of(status, 'You have exceeded a secondary rate limit.')).toEqual({ kind: 'limited', waits: 60 });
  });

  test('lasts a second at least and two hours at most, whatever the clocks say', () => {
    const resets = (at: number) => ({ 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': String(at) });
    expect(of(status, '', resets(SECONDS - 100)).waits).toBe(1);
    expect(of(status, '', resets(SECONDS + 1e6)).waits).toBe(7200);
    expect(of(status, '', { 'Retry-After': '99999999' }).waits).toBe(7200);
  });
});

test('a 403 with requests left is no limit', () => {
  const headers = { 'X-RateLimit-Remaining': '4999', 'X-RateLimit-Reset': String(SECONDS + 60) };
  expect(of(403, 'Resource not accessible by integration', headers)).toEqual({ kind: 'final', waits: null });
  expect(of(403, 'Unable to create comment because issue is locked.', headers).kind).toBe('final');
});

test.each([
  [401, 'Bad credentials', 'token'],
  [403, 'This installation has been suspended', 'suspended'],
  [404, 'Not Found', 'final'],
  [410, 'Gone', 'final'],
  [422, 'Validation Failed', 'final'],
  [422, 'No commit found for SHA: 1f0e2d3c', 'later'],
  [408, '', 'later'],
  [500, '', 'later'],
  [502, '', 'later'],
  [504, '', 'later'],
] as const)('%i %s is %s', (status, message, kind) => {
  expect(of(status, message).kind).toBe(kind);
});

test('an overloaded GitHub is asked again when it says', () => {
  expect(of(503, '', { 'Retry-After': '30' })).toEqual({ kind: 'later', waits: 30 });
});
