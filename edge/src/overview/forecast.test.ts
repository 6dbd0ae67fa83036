import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DailyUse, forecastOf } from './forecast.ts';

const GB = 1e9;
const dayAt = (index: number) => new Date(Date.UTC(2026, 10, 1 + index)).toISOString().slice(0, 10);
const daily = (used: readonly number[]): DailyUse[] =>
  used.map((usedBytes, index) => ({ day: dayAt(index), usedBytes }));

test('fewer than five samples are too few, however they grow', () => {
  expect(forecastOf(daily([1, 2, 3, 4]), 5)).toEqual({ kind: 'too_few_samples', samples: 4, needed: 5 });
  expect(forecastOf([], 0)).toEqual({ kind: 'too_few_samples', samples: 0, needed: 5 });
});

test('what grows by 2 GB a day with 9 GB free is full in 4 days', () => {
  const samples = daily([10, 12, 14, 16, 18].map((gigabytes) => gigabytes * GB));
  expect(forecastOf(samples, 9 * GB)).toEqual({ kind: 'growing', bytesPerDay: 2 * GB, fullInDays: 4 });
  expect(forecastOf(samples, 0)).toMatchObject({ fullInDays: 0 });
  expect(forecastOf(samples, null)).toMatchObject({ kind: 'growing', fullInDays: null });
  expect(forecastOf(samples, 1e15)).toMatchObject({ kind: 'growing', fullInDays: null });
});

test('one cleanup and one burst don’t change it much', () => {
  const samples = daily([10, 11, 12, 40, 14, 15, 2, 17, 18, 19].map((gigabytes) => gigabytes * GB));
  const forecast = forecastOf(samples, 30 * GB);
  if (forecast.kind !== 'growing') throw new Error('it grows');
  expect(forecast.bytesPerDay / GB).toBeGreaterThan(0.8);
  expect(forecast.bytesPerDay / GB).toBeLessThan(1.2);
});

test('what shrinks or stays is not growing', () => {
  expect(forecastOf(daily([5, 5, 5, 5, 5]), 1)).toEqual({ kind: 'not_growing' });
  expect(forecastOf(daily([9, 8, 7, 6, 5]), 1)).toEqual({ kind: 'not_growing' });
});

test('days without a sample count as days', () => {
  const samples = [0, 2, 4, 8, 10].map((index) => ({ day: dayAt(index), usedBytes: index * GB }));
  expect(forecastOf(samples, 10 * GB)).toEqual({ kind: 'growing', bytesPerDay: GB, fullInDays: 10 });
});

test('only the newest 30 days count', () => {
  const used = Array.from({ length: 90 }, (_, index) =>
    index < 60 ? index * 10 * GB : 700 * GB + index * GB,
  );
  expect(forecastOf(daily(used), 5 * GB)).toEqual({ kind: 'growing', bytesPerDay: GB, fullInDays: 5 });
});

test('of any straight line, in any order, the slope is found', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e9 }),
      fc.integer({ min: 0, max: 1e12 }),
      fc.shuffledSubarray([...Array(20).keys()], { minLength: 5 }),
      fc.integer({ min: 0, max: 1e12 }),
      (slope, base, days, free) => {
        const samples = days.map((index) => ({ day: dayAt(index), usedBytes: base + index * slope }));
        const forecast = forecastOf(samples, free);
        const days0 = Math.floor(free / slope);
        expect(forecast).toEqual({
          kind: 'growing',
          bytesPerDay: slope,
          fullInDays: days0 > 730 ? null : days0,
        });
      },
    ),
  );
});
