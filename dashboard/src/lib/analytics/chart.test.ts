import fc from 'fast-check';
import { expect, test } from 'vitest';
import { axisMax, describeDay, type Series, segmentsOf, totalOf } from './chart.ts';

const SERIES: Series[] = [
  { key: 'success', label: 'Succeeded', fill: '' },
  { key: 'failed', label: 'Failed', fill: '' },
  { key: 'canceled', label: 'Canceled', fill: '' },
];
const day = (success: number, failed: number, canceled: number) => ({
  day: '2026-11-02',
  success,
  failed,
  canceled,
  downloads: 0,
});

test('the axis maximum is not below the tallest bar, not far above it, and even', () => {
  fc.assert(
    fc.property(fc.nat({ max: 10_000_000 }), (most) => {
      const top = axisMax(most);
      expect(top).toBeGreaterThanOrEqual(Math.max(most, 2));
      expect(top / 2).toBe(Math.floor(top / 2));
      if (most > 1) expect(top).toBeLessThanOrEqual(2 * most);
    }),
  );
});

test('the segments of a bar are stacked, with heights proportional to their values', () => {
  fc.assert(
    fc.property(fc.tuple(fc.nat({ max: 50 }), fc.nat({ max: 50 }), fc.nat({ max: 50 })), (counts) => {
      const one = day(...counts);
      const segments = segmentsOf(one, SERIES, 150);
      let reached = 0;
      for (const { from, height, series } of segments) {
        expect(from).toBeCloseTo(reached);
        expect(height).toBeCloseTo(one[series.key] / 150);
        reached = from + height;
      }
      expect(reached).toBeCloseTo(totalOf(one, SERIES) / 150);
      expect(segments).toHaveLength(counts.filter((count) => count > 0).length);
    }),
  );
});

test('a day is described as text', () => {
  expect(describeDay(day(3, 1, 0), SERIES)).toBe('Nov 2: 3 succeeded, 1 failed');
  expect(describeDay(day(0, 0, 0), SERIES)).toBe('Nov 2: none');
});
