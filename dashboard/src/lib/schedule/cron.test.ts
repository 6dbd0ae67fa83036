import { describe, expect, test } from 'vitest';
import { cronWords, readCron } from './cron.ts';
import { PRESETS, ScheduleForm } from './schedule-form.svelte.ts';

const NOW = new Date('2026-11-10T12:00:00Z');
const times = (expression: string) => {
  const read = readCron(expression, NOW);
  return read.ok ? read.next.map((time) => time.toISOString()) : read.message;
};

describe('a cron expression', () => {
  test('has its next times in UTC, whatever the time zone', () => {
    expect(times('30 6 * * 1-5')).toEqual([
      '2026-11-11T06:30:00.000Z',
      '2026-11-12T06:30:00.000Z',
      '2026-11-13T06:30:00.000Z',
    ]);
  });

  test.each([
    ['', /^Enter a cron expression/],
    ['0 3 * *', /^Enter five fields/],
    ['0 0 3 * * *', /^Enter five fields/],
    ['0 25 * * *', /^Invalid cron expression/],
    ['0 3 * * someday', /^Invalid cron expression/],
    ['0 0 30 2 *', /^This never happens/],
  ])('“%s” is rejected', (expression, message) => {
    expect(times(expression)).toMatch(message);
  });

  test('can be a nickname', () => {
    expect(times('@daily')).toContain('2026-11-11T00:00:00.000Z');
    expect(times('@fortnightly')).toMatch(/^Invalid cron expression/);
  });

  test('is described in words', () => {
    expect(cronWords('@daily')).not.toBe('');
    expect(cronWords('30 6 * * 1-5')).toBe('At 06:30, Monday through Friday');
    expect(cronWords('nonsense')).toBe('nonsense');
  });

  test('of each preset can be read', () => {
    for (const { value } of PRESETS) if (value !== '') expect(readCron(value, NOW).ok).toBe(true);
  });
});

test('a schedule leaves out an empty branch, and has single spaces', () => {
  const form = new ScheduleForm();
  form.preset = '';
  form.custom = ' 0  3 * * * ';
  expect(form.toSchedule()).toEqual({ cron: '0 3 * * *', environment: 'production' });
  form.branch = 'next';
  expect(form.toSchedule()).toMatchObject({ branch: 'next' });
  form.branch = '-x';
  expect(form.branchProblem).toBe('Invalid Git branch name');
});
