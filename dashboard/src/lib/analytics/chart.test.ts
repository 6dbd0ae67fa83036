import fc from 'fast-check';
import { expect, test } from 'vitest';
import { piecesOf, type Series, topOf, totalOf, wordsOf } from './chart.ts';

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

test('the top of a chart is not below its tallest bar, not far above it, and can be halved', () => {
  fc.assert(
    fc.property(fc.nat({ max: 10_000_000 }), (most) => {
      const top = topOf(most);
      expect(top).toBeGreaterThanOrEqual(Math.max(most, 2));
      expect(top / 2).toBe(Math.floor(top / 2));
      if (most > 1) expect(top).toBeLessThanOrEqual(2 * most);
    }),
  );
});

test('a bar’s pieces stand on each other and are as tall as what they stand for', () => {
  fc.assert(
    fc.property(fc.tuple(fc.nat({ max: 50 }), fc.nat({ max: 50 }), fc.nat({ max: 50 })), (counts) => {
      const one = day(...counts);
      const pieces = piecesOf(one, SERIES, 150);
      let reached = 0;
      for (const { from, height, series } of pieces) {
        expect(from).toBeCloseTo(reached);
        expect(height).toBeCloseTo(one[series.key] / 150);
        reached = from + height;
      }
      expect(reached).toBeCloseTo(totalOf(one, SERIES) / 150);
      expect(pieces).toHaveLength(counts.filter((count) => count > 0).length);
    }),
  );
});

test('a day is told in words', () => {
  expect(wordsOf(day(3, 1, 0), SERIES)).toBe('Nov 2: 3 succeeded, 1 failed');
  expect(wordsOf(day(0, 0, 0), SERIES)).toBe('Nov 2: none');
});
