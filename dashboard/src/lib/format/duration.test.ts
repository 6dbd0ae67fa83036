import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatClock,
  formatDuration,
  formatMilliseconds,
  formatRemaining,
  secondsBetween,
} from './duration.ts';

describe('a duration', () => {
  test.each([
    [0, '0s'],
    [0.04, '0.1s'],
    [0.83, '0.8s'],
    [0.99, '1s'],
    [1.9, '1s'],
    [59.99, '59s'],
    [60, '1m 00s'],
    [125, '2m 05s'],
    [3599, '59m 59s'],
    [3600, '1h 00m'],
    [90_061, '25h 01m'],
    [-5, '0s'],
  ])('of %d seconds reads %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  test('never shows sixty of a unit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (seconds) => {
        expect(formatDuration(seconds)).not.toMatch(/\b60[ms]/);
      }),
    );
  });
});

describe('a time limit', () => {
  test.each([
    [86_400, '24 hours'],
    [86_399, '24 hours'],
    [82_800, '23 hours'],
    [3601, '2 hours'],
    [3600, '1 hour'],
    [3599, '1 hour'],
    [3540, '59 minutes'],
    [61, '2 minutes'],
    [60, '1 minute'],
    [1, '1 minute'],
  ])('of %d seconds reads %s', (seconds, text) => {
    expect(formatRemaining(seconds)).toBe(text);
  });
});

describe('seconds between two moments', () => {
  test('accept ISO 8601 and milliseconds', () => {
    expect(secondsBetween('2026-11-01T12:00:00.000Z', '2026-11-01T12:01:30.500Z')).toBe(90.5);
    expect(secondsBetween('2026-11-01T12:00:00.000Z', Date.parse('2026-11-01T12:00:07Z'))).toBe(7);
  });

  test('are 0 if the end is before the start', () => {
    expect(secondsBetween('2026-11-01T12:00:00.000Z', '2026-11-01T11:59:00.000Z')).toBe(0);
  });
});

test.each([
  [7.9, '0:07'],
  [760, '12:40'],
  [3723, '1:02:03'],
])('%d seconds into a build is %s', (seconds, text) => {
  expect(formatClock(seconds)).toBe(text);
});

test.each([
  [null, '–'],
  [0, '0 ms'],
  [0.44, '0.4 ms'],
  [9.96, '10 ms'],
  [12.5, '13 ms'],
  [999.4, '999 ms'],
  [999.6, '1 s'],
  [61_000, '61 s'],
])('%s milliseconds on a server read %s', (ms, text) => {
  expect(formatMilliseconds(ms)).toBe(text);
});
