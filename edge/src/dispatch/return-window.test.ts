import { MAX_RETURN_MS } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { poolSize, returnWindow } from './return-window.ts';

const NOW = Date.UTC(2026, 10, 30);
const DAY = 86_400_000;

test('a small pool has no window, and a large one at most a minute', () => {
  const windowOf = (runners: number) => returnWindow({ runners, at: NOW });
  expect([1, 125].map(windowOf)).toEqual([null, null]);
  expect([126, 1_000, 10_000].map(windowOf)).toEqual([504, 4_000, 40_000]);
  expect(windowOf(1_000_000)).toBe(MAX_RETURN_MS);
});

test('the size is that of the pool before a deploy, while its runners come back', () => {
  const before = { runners: 10_000, at: NOW };
  for (const connected of [1, 5_000, 10_000, 10_900])
    expect(poolSize(before, connected, NOW + 60_000)).toBe(before);
  expect(poolSize(before, 11_001, NOW + 60_000)).toEqual({ runners: 11_001, at: NOW + 60_000 });
});

test('nothing is stored of a pool before it is large', () => {
  expect(poolSize(undefined, 125, NOW)).toBeUndefined();
  expect(returnWindow(undefined)).toBeNull();
  expect(poolSize(undefined, 126, NOW)).toEqual({ runners: 126, at: NOW });
});

test('a pool that has shrunk is taken for smaller from day to day, whichever way the clock was set', () => {
  for (const now of [NOW + DAY, NOW - DAY]) {
    expect(poolSize({ runners: 1_000, at: NOW }, 20, now)).toEqual({ runners: 500, at: now });
    expect(poolSize({ runners: 1_000, at: NOW }, 900, now)).toEqual({ runners: 900, at: now });
  }
});
