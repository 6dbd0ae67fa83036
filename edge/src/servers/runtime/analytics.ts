/** Analytics of an app's servers. Pure. */
import type { RuntimeAnalytics } from '@appflux/protocol';
import { addDurations, percentile } from './histogram.ts';
import type { Hour } from './store.ts';

const HOUR_MS = 3_600_000;

/** When the first of the last `hours` hours began, the current one included, in Unix milliseconds. */
export const firstHour = (hours: number, now: number): number =>
  Math.floor(now / HOUR_MS) * HOUR_MS - (hours - 1) * HOUR_MS;

/** The API's answer for the hours from `from` to `now` (Unix milliseconds). */
export function analyticsOf(counted: readonly Hour[], from: number, now: number): RuntimeAnalytics {
  const byHour = new Map(counted.map((hour) => [hour.at, hour]));
  const hours: RuntimeAnalytics['hours'] = [];
  for (let at = from; at <= now; at += HOUR_MS)
    hours.push({ at: new Date(at).toISOString(), ...performanceOf(byHour.get(at) ?? EMPTY) });
  return { hours, totals: performanceOf(counted.reduce(added, EMPTY)) };
}

type Counted = Omit<Hour, 'at'>;

const EMPTY: Counted = { requests: 0, errors: 0, cpuMs: 0, durations: [] };

const added = (one: Counted, other: Counted): Counted => ({
  requests: one.requests + other.requests,
  errors: one.errors + other.errors,
  cpuMs: one.cpuMs + other.cpuMs,
  durations: addDurations(one.durations, other.durations),
});

const performanceOf = ({ requests, errors, cpuMs, durations }: Counted): RuntimeAnalytics['totals'] => ({
  requests,
  errors,
  p50Ms: percentile(durations, 0.5),
  p95Ms: percentile(durations, 0.95),
  cpuMs: Math.round(cpuMs),
});
