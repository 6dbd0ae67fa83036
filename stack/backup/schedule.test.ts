import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test, vi } from 'vitest';
import { makeSecrets, writeSecrets } from '../state.ts';
import { checkCron, isDue, runSchedule } from './schedule.ts';
import { changeStatus, readStatus } from './status.ts';

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

test('the schedule of a state folder makes its backups, and says why one failed', {
  timeout: 120_000,
}, async () => {
  const state = await mkdtemp(join(tmpdir(), 'appflux-schedule-'));
  onTestFinished(() => rm(state, { recursive: true, force: true }));
  await writeSecrets(state, makeSecrets());
  const target = join(state, 'scheduled.backup');
  await writeFile(target, 'not a backup');
  const since = '2020-01-01T00:00:00.000Z';
  await changeStatus(state, { schedule: { cron: '0 3 * * *', target, since } });
  const said: string[] = [];
  const env = { ...process.env, APPFLUX_BACKUP_PASSPHRASE: 'a passphrase of the schedule' };
  const end = runSchedule(state, env, (text) => said.push(text), 50);
  onTestFinished(end);

  const tried = () => vi.waitFor(async () => expect((await readStatus(state)).last).not.toBeNull(), 60_000);
  await tried();
  await vi.waitFor(() => expect(said).toEqual([expect.stringMatching(/not a backup of AppFlux/)]), 60_000);
  expect((await readStatus(state)).last).toMatchObject({ succeededAt: null, error: expect.any(String) });

  await rm(target);
  await changeStatus(state, { last: null });
  await tried();
  expect((await readStatus(state)).last).toMatchObject({ target, error: null });
  expect((await readFile(target)).length).toBeGreaterThan(1_000);
});
