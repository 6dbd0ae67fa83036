import type { RecentBuild } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { idOf } from '../../testing/fixtures.ts';
import { buildBars, buildSummary, medianSeconds } from './build-bars.ts';

let made = 0;
const build = (status: RecentBuild['status'], durationSeconds: number | null): RecentBuild => {
  made += 1;
  return { id: idOf(made), number: made, status, durationSeconds, createdAt: '2026-11-10T12:00:00.000Z' };
};

test('the newest is on the right, and heights are of the longest', () => {
  const builds = [build('success', 20), build('failed', 40), build('success', 10)];
  expect(buildBars(builds).map(({ failed, height }) => [failed, height])).toEqual([
    [false, 0.25],
    [true, 1],
    [false, 0.5],
  ]);
});

test('a build without a duration, or of none, is still seen', () => {
  for (const seconds of [null, 0]) {
    const [bar] = buildBars([build('failed', seconds)]);
    expect(bar?.height).toBeGreaterThan(0.1);
  }
  expect(buildBars([])).toEqual([]);
});

test('the median is of those that succeeded', () => {
  expect(medianSeconds([build('success', 30), build('failed', 1), build('success', 10)])).toBe(20);
  expect(medianSeconds([build('failed', 1), build('success', null)])).toBeNull();
});

test('says the same in words', () => {
  expect(buildSummary([build('success', 30)])).toBe('1 build, 0 failed, median 30s');
  expect(buildSummary([build('failed', 3), build('failed', 4)])).toBe('2 builds, 2 failed');
});
