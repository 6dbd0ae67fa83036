import { expect, test } from 'vitest';
import { dayName, dayOf, fullTime, hourName, localTime, timeOfDay } from './date.ts';

// The visitor's time zone is the machine's: moments are made in it.
const moment = new Date(2026, 10, 2, 14, 3, 27).toISOString();

test('moments in the time zone of the visitor', () => {
  expect(fullTime(moment)).toMatch(/^Nov 2, 2026, 2:03:27\sPM$/);
  expect(dayOf(moment)).toBe('Nov 2, 2026');
  expect(localTime(moment)).toMatch(/^Mon, Nov 2, 2:03\sPM$/);
  expect(timeOfDay(moment)).toBe('14:03:27');
  expect(timeOfDay(new Date(2026, 10, 2, 0, 3, 7).toISOString())).toBe('00:03:07');
});

test('days and hours of charts in UTC', () => {
  expect(dayName('2026-11-02')).toBe('Nov 2');
  expect(dayName('2026-11-02T23:59:59.000Z')).toBe('Nov 2');
  expect(hourName('2026-11-02T14:00:00.000Z')).toBe('Nov 2, 14:00');
  expect(hourName('2026-11-02T00:00:00.000Z')).toBe('Nov 2, 00:00');
});
