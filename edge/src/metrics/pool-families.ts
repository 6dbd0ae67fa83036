/** The metrics of one team's pool, for what adds and removes its runners. Pure. */
import type { Percentiles } from '@appflux/protocol';
import type { PoolFigures } from '../dispatch/figures.ts';
import type { Family, Sample } from './open-metrics.ts';

/** How many sets of labels have samples of their own; the rest is summed up in the label `…`. */
const MOST_LABEL_SETS = 100;
const OTHER = '…';

/** @param waited how long the builds that ended today waited for a runner, in seconds; null if none did */
export function poolFamilies(
  { waiting, runners }: PoolFigures,
  waited: Percentiles | null,
  now: number,
): Family[] {
  const demand = waiting.map(({ labels, isUntrusted, jobs, oldestAt }) => ({
    labels: { labels: labels.join(','), sandbox: isUntrusted ? 'required' : 'any' },
    jobs,
    age: Math.max(0, (now - oldestAt) / 1000),
  }));
  const supply = runners.map(({ labels, executor, ...counts }) => ({
    labels: { labels: labels.join(','), executor },
    ...counts,
  }));
  return [
    {
      name: 'appflux_pool_queued_jobs',
      type: 'gauge',
      help: 'Jobs that wait for a runner, by the labels that they need',
      samples: bounded(demand, ({ jobs }) => jobs),
    },
    {
      name: 'appflux_pool_oldest_job_age_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'Time since the oldest of them was requested',
      samples: bounded(demand, ({ age }) => age, { combine: Math.max }),
    },
    {
      name: 'appflux_pool_runners',
      type: 'gauge',
      help: 'Connected runners, by their labels; refusing ones drain or lack disk space',
      samples: [
        ...bounded(supply, ({ taking }) => taking, { state: 'taking' }),
        ...bounded(supply, ({ refusing }) => refusing, { state: 'refusing' }),
      ],
    },
    {
      name: 'appflux_pool_slots',
      type: 'gauge',
      help: 'Slots of connected runners',
      samples: [
        ...bounded(supply, ({ busySlots }) => busySlots, { state: 'busy' }),
        ...bounded(supply, ({ freeSlots }) => freeSlots, { state: 'free' }),
      ],
    },
    {
      name: 'appflux_pool_wait_seconds',
      type: 'summary',
      unit: 'seconds',
      help: 'Time from the request to the claim by a runner, of the builds that ended today (UTC)',
      samples:
        waited === null
          ? []
          : [
              { labels: { quantile: '0.5' }, value: waited.p50 },
              { labels: { quantile: '0.95' }, value: waited.p95 },
            ],
    },
  ];
}

/** A sample for each item, and one for all that are too many. `more` are labels that all of them have. */
function bounded<Item extends { labels: Record<string, string> }>(
  items: readonly Item[],
  read: (item: Item) => number,
  { combine = add, ...more }: { combine?: (a: number, b: number) => number; state?: string } = {},
): Sample[] {
  const own = items.slice(0, MOST_LABEL_SETS).map((item) => ({
    labels: { ...item.labels, ...more },
    value: read(item),
  }));
  const rest = items.slice(MOST_LABEL_SETS).map(read);
  return rest.length === 0
    ? own
    : [...own, { labels: { labels: OTHER, ...more }, value: rest.reduce((a, b) => combine(a, b)) }];
}

const add = (a: number, b: number): number => a + b;
