import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, percentile } from './statistics.ts';

describe('percentile', () => {
  it('is a measured value, with the right share at or below it', () => {
    const values = fc.array(fc.double({ noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (measured, share) => {
        const value = percentile(measured, share);
        expect(measured).toContain(value);
        const atOrBelow = measured.filter((other) => other <= value).length;
        expect(atOrBelow).toBeGreaterThanOrEqual(Math.ceil(measured.length * share));
      }),
    );
  });

  it('of 1 to 100 is the number itself', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)]).toEqual([50, 99, 100]);
  });

  it('of no values is an error', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});
