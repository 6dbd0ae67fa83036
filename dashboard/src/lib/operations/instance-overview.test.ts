import { type Forecast, type HealthLevel, Overview } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { overview, quietOverview } from '../../testing/sample-overview.ts';
import { forecastNote, healthSummary, InstanceOverview, percentUsed } from './instance-overview.svelte.ts';

test('the samples are what the API answers', () => {
  for (const sample of [overview(), quietOverview()]) expect(Overview.parse(sample)).toEqual(sample);
});

test('the overview is loaded', async () => {
  const sample = overview();
  const live = new InstanceOverview(
    { operator: { overview: async () => sample } },
    { visible: () => true, onWake: () => () => undefined },
  );
  const stop = live.start();
  await expect.poll(() => live.all).toEqual(sample);
  stop();
});

test.each<[HealthLevel[], string]>([
  [['ok', 'off'], 'Everything works.'],
  [['ok', 'warn'], '1 needs attention.'],
  [['down', 'warn', 'warn', 'unknown'], '1 down, 2 need attention, 1 unknown.'],
])('%s: %s', (levels, text) => {
  const health = levels.map((level) => ({ part: 'queue' as const, level, summary: '', advice: null }));
  expect(healthSummary(health)).toBe(text);
});

test.each<[Forecast, string, boolean]>([
  [{ kind: 'too_few_samples', samples: 2, needed: 5 }, 'No forecast yet: 2 of 5 daily samples', false],
  [{ kind: 'not_growing' }, 'Not growing', false],
  [{ kind: 'growing', bytesPerDay: 2e9, fullInDays: 0 }, 'Full within a day, grows by 2.0 GB a day', true],
  [{ kind: 'growing', bytesPerDay: 2e9, fullInDays: 1 }, 'Full in 1 day, grows by 2.0 GB a day', true],
  [{ kind: 'growing', bytesPerDay: 2e9, fullInDays: 14 }, 'Full in 14 days, grows by 2.0 GB a day', false],
  [{ kind: 'growing', bytesPerDay: 2e9, fullInDays: null }, 'Grows by 2.0 GB a day', false],
])('%o', (forecast, text, isBad) => {
  expect(forecastNote(forecast)).toEqual({ text, isBad });
});

test('how full a disk is', () => {
  expect(percentUsed({ totalBytes: 200, freeBytes: 50 })).toBe(75);
  expect(percentUsed({ totalBytes: 0, freeBytes: 0 })).toBe(0);
  // A runner may report anything.
  expect(percentUsed({ totalBytes: 10, freeBytes: 1000 })).toBe(0);
});
