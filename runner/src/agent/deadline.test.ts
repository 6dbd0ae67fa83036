import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchDeadline } from './deadline.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('it is over when the clock says so, once', () => {
  let now = 0;
  const over = vi.fn();
  watchDeadline(() => 5000 - now, over);
  for (let second = 0; second < 10; second += 1) {
    now += 1000;
    vi.advanceTimersByTime(1000);
  }
  expect(over).toHaveBeenCalledTimes(1);
});

test('a machine that slept is noticed within a second of waking, although its timers stood still', () => {
  let now = 0;
  const over = vi.fn();
  watchDeadline(() => 3_600_000 - now, over);
  now += 4_000_000;
  vi.advanceTimersByTime(1000);
  expect(over).toHaveBeenCalledTimes(1);
});

test('a timer that fires early means nothing', () => {
  const over = vi.fn();
  watchDeadline(() => 5000, over);
  vi.advanceTimersByTime(60_000);
  expect(over).not.toHaveBeenCalled();
});

test('it can be called off', () => {
  let now = 0;
  const over = vi.fn();
  const stop = watchDeadline(() => 100 - now, over);
  stop();
  now = 1000;
  vi.advanceTimersByTime(1000);
  expect(over).not.toHaveBeenCalled();
});
