import { expect, test } from 'vitest';
import { renderOpenMetrics } from './open-metrics.ts';
import { poolFamilies } from './pool-families.ts';

const waiting = (labels: string[], jobs: number, oldestAt = 0) => ({
  labels,
  isUntrusted: false,
  jobs,
  oldestAt,
});

test('the text has what an autoscaler asks for', () => {
  const runners = [
    { labels: ['linux'], executor: 'docker', taking: 2, refusing: 1, freeSlots: 3, busySlots: 5 },
  ];
  const families = poolFamilies(
    { waiting: [waiting(['linux'], 7, 4_000)], runners },
    { p50: 1, p95: 2.5 },
    10_000,
  );
  const lines = renderOpenMetrics(families)
    .split('\n')
    .filter((line) => !line.startsWith('#') && line !== '');
  expect(lines).toEqual([
    'appflux_pool_queued_jobs{labels="linux",sandbox="any"} 7',
    'appflux_pool_oldest_job_age_seconds{labels="linux",sandbox="any"} 6',
    'appflux_pool_runners{executor="docker",labels="linux",state="taking"} 2',
    'appflux_pool_runners{executor="docker",labels="linux",state="refusing"} 1',
    'appflux_pool_slots{executor="docker",labels="linux",state="busy"} 5',
    'appflux_pool_slots{executor="docker",labels="linux",state="free"} 3',
    'appflux_pool_wait_seconds{quantile="0.5"} 1',
    'appflux_pool_wait_seconds{quantile="0.95"} 2.5',
  ]);
});

test('an empty pool has no samples, and a clock that was set back gives no negative age', () => {
  expect(renderOpenMetrics(poolFamilies({ waiting: [], runners: [] }, null, 0))).not.toMatch(/^appflux/m);
  const [, age] = poolFamilies({ waiting: [waiting([], 1, 9_000)], runners: [] }, null, 1_000);
  expect(age?.samples.map(({ value }) => value)).toEqual([0]);
});

test('more sets of labels than anyone plots are summed up, their oldest job among them', () => {
  const many = Array.from({ length: 150 }, (_, n) => waiting([`label-${n}`], 2, 1_000 * (150 - n)));
  const [jobs, age] = poolFamilies({ waiting: many, runners: [] }, null, 200_000);
  expect(jobs?.samples).toHaveLength(101);
  expect(jobs?.samples.at(-1)).toEqual({ labels: { labels: '…' }, value: 100 });
  expect(age?.samples.at(-1)?.value).toBe(199);
  expect(renderOpenMetrics(poolFamilies({ waiting: many, runners: [] }, null, 0))).toContain('labels="…"');
});
