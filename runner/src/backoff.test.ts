import fc from 'fast-check';
import { expect, test } from 'vitest';
import { askedWait, fullJitter } from './backoff.ts';

test('the ceiling doubles with each failure, up to the cap', () => {
  const longest = (failures: number) => fullJitter(failures, { baseMs: 500, capMs: 15_000 }, () => 0.9999999);
  expect([0, 1, 2, 3, 4, 5, 6].map(longest)).toEqual([499, 999, 1999, 3999, 7999, 14_999, 14_999]);
});

test('property: a wait lies between nothing and the cap, whatever the number of failures', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (failures, random) => {
      const wait = fullJitter(failures, { baseMs: 300, capMs: 4000 }, () => random);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(4000);
    }),
  );
});

test('a wait that the edge asks for is kept, up to a minute', () => {
  expect(['5', '0', '60', '600'].map(askedWait)).toEqual([5_000, 0, 60_000, 60_000]);
  for (const none of [undefined, '', '-1', '1.5', 'soon', 'Fri, 31 Dec 1999 23:59:59 GMT', '9999999'])
    expect(askedWait(none), none).toBe(0);
});
