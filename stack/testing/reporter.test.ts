import { expect, test } from 'vitest';
import { timeOf } from './reporter.ts';

test('the time of a file has all that its worker did for it', () => {
  const times = {
    prepareDuration: 1,
    environmentSetupDuration: 20,
    setupDuration: 300,
    collectDuration: 4_000,
    duration: 50_000,
  };
  expect(timeOf(times)).toBe(54_321);
});
