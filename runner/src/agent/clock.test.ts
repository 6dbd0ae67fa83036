import { expect, test } from 'vitest';
import { machineClock, parseUptime } from './clock.ts';

test('the uptime is read from the first of the two numbers', () => {
  expect(parseUptime('1788.38 3377.48\n')).toBe(1_788_380);
  expect(parseUptime('soon')).toBeUndefined();
});

test('the machine’s clock goes on and never back', () => {
  const clock = machineClock();
  let last = clock();
  expect(last).toBeGreaterThan(0);
  for (let look = 0; look < 1000; look += 1) {
    const now = clock();
    expect(now).toBeGreaterThanOrEqual(last);
    last = now;
  }
});
