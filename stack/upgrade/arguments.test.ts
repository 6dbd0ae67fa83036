import { expect, test } from 'vitest';
import { upgradeOptions } from './arguments.ts';
import { backupArguments } from './backup.ts';
import { newestTag } from './target.ts';

test('without arguments: the newest version, builds may go on for half an hour, and a backup', () => {
  expect(upgradeOptions([])).toEqual({
    to: null,
    waitMinutes: 30,
    now: false,
    backup: null,
    noBackup: false,
    back: false,
  });
});

test('each option', () => {
  const args = ['--to', 'v1.4.0', '--wait', '0', '--backup', '/backup/appflux'];
  expect(upgradeOptions(args)).toMatchObject({ to: 'v1.4.0', waitMinutes: 0, backup: '/backup/appflux' });
  expect(upgradeOptions(['--now', '--no-backup'])).toMatchObject({ now: true, noBackup: true });
  expect(upgradeOptions(['--back'])).toMatchObject({ back: true });
});

test.each([
  ['--wait', 'soon'],
  ['--wait', '-1'],
  ['--wait', '1.5'],
  ['--wait', '1441'],
  ['--now', '--wait', '5'],
  ['--no-backup', '--backup', 'x'],
  ['--back', '--now'],
  ['--force'],
  ['v1.4.0'],
])('%s %s %s is refused', (...args) => {
  expect(() => upgradeOptions(args.filter((arg) => arg !== undefined))).toThrow(
    expect.objectContaining({ code: 'arguments_invalid' }),
  );
});

test('the newest version by its numbers, not by its text, and no prerelease', () => {
  expect(newestTag(['v1.9.0', 'v1.10.0', '1.9.9', 'v2.0.0-rc.1', 'nightly', ''])).toBe('v1.10.0');
  expect(newestTag(['v0.9.0', '1.0.0'])).toBe('1.0.0');
  expect(newestTag(['nightly', 'v2.0.0-rc.1', 'v1.2'])).toBeNull();
});

test('a backup goes where it is asked for, else by the schedule, else where the last one went', () => {
  const last = { succeededAt: null, target: '/last', error: null, triedAt: '2026-11-29T12:00:00.000Z' };
  const schedule = { cron: '0 3 * * *', target: 's3://b/p', since: '2026-11-29T12:00:00.000Z' };
  expect(backupArguments('/asked', { schedule, last })).toEqual(['/asked']);
  expect(backupArguments(null, { schedule, last })).toEqual(['--scheduled']);
  expect(backupArguments(null, { schedule: null, last })).toEqual(['/last']);
  expect(backupArguments(null, { schedule: null, last: { ...last, target: null } })).toBeNull();
  expect(backupArguments(null, { schedule: null, last: null })).toBeNull();
});
