import fc from 'fast-check';
import { expect, test } from 'vitest';
import { askedWait, fullJitter, returnPolicy } from './backoff.ts';

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

test('every try to return to a large pool is spread over the time that the edge has asked for', () => {
  const policy = { baseMs: 500, capMs: 15_000 };
  const longest = (failures: number, withinMs: number) =>
    fullJitter(failures, returnPolicy(policy, withinMs), () => 0.9999999);
  // All others fail as well: retries that came sooner would keep an edge that has too much to do from recovering.
  expect([0, 1, 9].map((failures) => longest(failures, 40_000))).toEqual([39_999, 39_999, 39_999]);
  expect([0, 1, 2, 9].map((failures) => longest(failures, 4_000))).toEqual([3_999, 7_999, 14_999, 14_999]);
  // Without it, and in a small pool, nothing changes.
  for (const none of [0, 400, 500])
    expect([0, 1, 9].map((failures) => longest(failures, none))).toEqual([499, 999, 14_999]);
});
