import { expect, test } from 'vitest';
import { EventRate } from './event-rate.ts';

test('a minute counts when it is over, and a busy one is remembered for a while', () => {
  const rate = new EventRate(0);
  for (let n = 0; n < 5_999; n += 1) expect(rate.count(n * 10)).toBe(false);
  expect(rate.perSecond(59_999)).toBe(0);
  expect(rate.count(60_000)).toBe(true);
  expect(rate.perSecond(60_000)).toBe(100);
  expect(rate.perSecond(60_000 + 35 * 60_000)).toBeCloseTo(49.3, 0);
  expect(rate.perSecond(24 * 3_600_000)).toBeLessThan(0.001);
});

test('a clock that is set back begins a minute again', () => {
  const rate = new EventRate(1_000_000);
  rate.count(1_000_001);
  expect(rate.count(5)).toBe(true);
  expect(rate.perSecond(6)).toBe(0);
});
