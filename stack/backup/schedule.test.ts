import { expect, test } from 'vitest';
import { checkCron, isDue } from './schedule.ts';

const schedule = { cron: '0 3 * * *', target: '/backup', since: '2026-11-29T12:00:00.000Z' };
/** Local time, as schedules are. */
const at = (day: number, hour: number, minute = 0) => new Date(2026, 10, day, hour, minute);
const last = (tried: Date, error: string | null = null) => ({
  succeededAt: null,
  target: null,
  error,
  triedAt: tried.toISOString(),
});

test('a backup is due when its time has come since the last attempt', () => {
  expect(isDue({ schedule, last: last(at(10, 3)) }, at(11, 2, 59))).toBe(false);
  expect(isDue({ schedule, last: last(at(10, 3)) }, at(11, 3))).toBe(true);
  expect(isDue({ schedule, last: last(at(11, 3)) }, at(11, 3, 1))).toBe(false);
});

test('a time that passed while nothing ran is made up for', () => {
  expect(isDue({ schedule, last: last(at(8, 3)) }, at(11, 12))).toBe(true);
  expect(isDue({ schedule: { ...schedule, since: at(8, 12).toISOString() }, last: null }, at(11, 12))).toBe(
    true,
  );
  expect(isDue({ schedule: { ...schedule, since: at(11, 4).toISOString() }, last: null }, at(11, 12))).toBe(
    false,
  );
});

test('a backup that failed is tried again after an hour', () => {
  expect(isDue({ schedule, last: last(at(11, 3), 'no') }, at(11, 3, 59))).toBe(false);
  expect(isDue({ schedule, last: last(at(11, 3), 'no') }, at(11, 4))).toBe(true);
  expect(isDue({ schedule, last: last(at(11, 3)) }, at(11, 4))).toBe(false);
});

test('nothing is due without a schedule, nor before a clock that was set back', () => {
  expect(isDue({ schedule: null, last: last(at(1, 3), 'no') }, at(11, 3))).toBe(false);
  expect(isDue({ schedule, last: last(at(11, 3), 'no') }, at(10, 2))).toBe(false);
});

test.each(['', 'daily', '61 3 * * *', '0 0 31 2 *', '2020-01-01T00:00:00'])(
  '%j is no schedule',
  (expression) => {
    expect(() => checkCron(expression)).toThrow(/not a time that comes again/);
  },
);

test.each(['0 3 * * *', '*/30 * * * *', '@daily'])('%j is a schedule', (expression) => {
  expect(() => checkCron(expression)).not.toThrow();
});
