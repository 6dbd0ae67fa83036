import { expect, test } from 'vitest';
import { cronsFrom, dueCrons, LATE_MS, LOOK_EVERY_MS, lookAt } from './cron-state.ts';

const at = (time: string) => Date.parse(`2026-11-29T${time}Z`);
const DEPLOYMENT = '66f2a1c04b7e9d0000000002';
const stateAt = (time: string, ...crons: string[]) => cronsFrom(DEPLOYMENT, crons, at(time)).state;

test('a release’s crons run from the next time on that they name', () => {
  const { state, invalid } = cronsFrom(
    DEPLOYMENT,
    ['*/5 * * * *', '0 4 * * *', 'now', '0 0 31 2 *', ''],
    at('12:01:30'),
  );
  expect(state.times).toEqual([
    { cron: '*/5 * * * *', index: 0, nextAt: at('12:05:00') },
    { cron: '0 4 * * *', index: 1, nextAt: Date.parse('2026-11-30T04:00:00Z') },
  ]);
  expect(invalid).toEqual(['now', '0 0 31 2 *', '']);
});

test('what is due runs once, and then at its next time', () => {
  const state = stateAt('12:01:00', '*/5 * * * *', '0 13 * * *');
  expect(dueCrons(state, at('12:04:59')).due).toEqual([]);
  const { due, missed, state: after } = dueCrons(state, at('12:05:02'));
  expect(due.map(({ cron, nextAt }) => [cron, nextAt])).toEqual([['*/5 * * * *', at('12:05:00')]]);
  expect(missed).toEqual([]);
  expect(after.times.map(({ nextAt }) => nextAt)).toEqual([at('12:10:00'), at('13:00:00')]);
  expect(dueCrons(after, at('12:05:02')).due).toEqual([]);
});

test('what an instance missed while it was away is not caught up', () => {
  const state = stateAt('12:01:00', '*/5 * * * *');
  const { due, missed, state: after } = dueCrons(state, at('18:02:00'));
  expect([due.length, missed.length]).toEqual([0, 1]);
  expect(after.times[0]?.nextAt).toBe(at('18:05:00'));
  expect(dueCrons(state, at('12:05:00') + LATE_MS).due).toHaveLength(1);
});

test('crons are looked at when the first is due, and every 15 minutes for another release', () => {
  expect(lookAt(stateAt('12:01:00', '0 4 * * *', '*/5 * * * *'), at('12:01:00'))).toBe(at('12:05:00'));
  expect(lookAt(stateAt('12:01:00', '0 4 * * *'), at('12:01:00'))).toBe(at('12:01:00') + LOOK_EVERY_MS);
});
