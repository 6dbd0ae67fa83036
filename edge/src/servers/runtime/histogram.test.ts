import { DURATION_BUCKETS } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { addDurations, bucketOf, percentile } from './histogram.ts';

const of = (...milliseconds: number[]) =>
  milliseconds.reduce<[number, number][]>((sum, ms) => addDurations(sum, [[bucketOf(ms), 1]]), []);

test('durations are in ascending buckets, and what is none is in the first', () => {
  expect([0, 0.2, 1, -5, Number.NaN].map(bucketOf)).toEqual([0, 0, 0, 0, 0]);
  const buckets = [1, 2, 5, 10, 100, 1_000, 60_000].map(bucketOf);
  expect(buckets).toEqual([...new Set(buckets)].sort((a, b) => a - b));
  expect([1e9, Number.POSITIVE_INFINITY].map(bucketOf)).toEqual([DURATION_BUCKETS - 1, DURATION_BUCKETS - 1]);
});

test.each([1, 2, 3, 7, 20, 55, 110, 350, 990, 4_000, 30_000, 99_000])(
  'a percentile of requests of %i ms is within 13 %%',
  (ms) => {
    const found = percentile(of(ms, ms, ms), 0.5) ?? 0;
    expect(Math.abs(found - ms) / ms).toBeLessThanOrEqual(0.13);
  },
);

test('percentiles separate the fast from the slow', () => {
  const durations = of(...Array<number>(94).fill(10), ...Array<number>(6).fill(2_000));
  expect(percentile(durations, 0.5)).toBeLessThan(12);
  expect(percentile(durations, 0.95)).toBeGreaterThan(1_700);
  expect(percentile(durations, 0.94)).toBeLessThan(12);
  expect(percentile([], 0.5)).toBeNull();
});

test('sums keep every request, whichever is added first', () => {
  const one = of(1, 5, 5, 300);
  const other = of(5, 9_000);
  expect(addDurations(one, other)).toEqual(addDurations(other, one));
  expect(addDurations(one, other).reduce((sum, [, count]) => sum + count, 0)).toBe(6);
});
