import { expect, test } from 'vitest';
import { nextAfter } from './retry.ts';

const HOUR = 3600_000;
const tried = (attempts: number, since = 0) => ({ attempts, since });

test('pauses grow, up to an hour, and a day is the end', () => {
  const later = { kind: 'later', retryAt: null } as const;
  const pauses = [1, 2, 3, 7, 8, 20].map((attempts) => nextAfter(tried(attempts), later, 0));
  expect(pauses).toEqual([2000, 6000, 18_000, 1_458_000, HOUR, HOUR].map((at) => ({ what: 'retry', at })));
  expect(nextAfter(tried(30), later, 22 * HOUR)).toEqual({ what: 'retry', at: 23 * HOUR });
  expect(nextAfter(tried(30), later, 24 * HOUR)).toEqual({ what: 'give_up' });
});

test('a limit stops everything until it ends, and longer each time it is met again', () => {
  const limited = (retryAt: number | null) => ({ kind: 'limited', retryAt }) as const;
  expect(nextAfter(tried(1), limited(60_000), 0)).toEqual({ what: 'pause', until: 60_000 });
  expect(nextAfter(tried(6), limited(60_000), 0)).toEqual({ what: 'pause', until: 486_000 });
  expect(nextAfter(tried(1), limited(null), 0)).toEqual({ what: 'pause', until: 2000 });
});

test('a suspended installation is left alone for an hour', () => {
  expect(nextAfter(tried(1), { kind: 'suspended', retryAt: null }, 0)).toEqual({
    what: 'pause',
    until: HOUR,
  });
});

test('a token that is not accepted is replaced, and what can’t succeed is given up', () => {
  expect(nextAfter(tried(1), { kind: 'token', retryAt: null }, 0)).toEqual({ what: 'retry', at: 2000 });
  expect(nextAfter(tried(1), { kind: 'final', retryAt: null }, 0)).toEqual({ what: 'give_up' });
});
