/**
 * How deployments ended, by day: counted once, when a deployment ends, for its app and for its team. Analytics read these
 * instead of the deployments.
 */

import type { BuildCounts } from './analytics.ts';
import { type AnalyticsScope, type End, type Ended, type NamedApp, percentilesOf, TOP } from './analytics.ts';
import type { DeploymentRecord } from './records.ts';

/** How often each time or app is there, by its name. */
export type Tally = Record<string, number>;

/** What is counted of a day, of an app or of all apps of a team. */
export interface BuildDay extends Ended {
  /** YYYY-MM-DD in UTC. */
  day: string;
  /** Of those that succeeded, by `timeOf`. */
  durations: Tally;
  /** Of all that were claimed, by `timeOf`. */
  waits: Tally;
  /** Of a team: by `countOf`. Empty of an app. */
  apps: Tally;
}

/** A day as MongoDB keeps it, and as it is copied. */
export interface KeptDay extends BuildDay {
  id: string;
  ownerId: string;
  /** ALL_APPS for the team. */
  appId: string;
}

export const dayKey = (ownerId: string, appId: string, day: string): string => `${ownerId}:${appId}:${day}`;

/** What all apps of a team are counted under, in place of an app's id. */
export const ALL_APPS = '';

/** The `app_id` that a scope is counted under. */
export const countedUnder = ({ appId }: AnalyticsScope): string => appId ?? ALL_APPS;

/**
 * The name that a time is counted under: `t` and its tenths of a second, from 100 seconds on with three significant digits,
 * so that a day has at most some thousand of them. A migration (0033_build_days.sql) does the same in SQL.
 */
export function timeOf(seconds: number): string {
  const tenths = Math.round(seconds * 10);
  const unit = tenths < 1_000 ? 1 : tenths < 10_000 ? 10 : tenths < 100_000 ? 100 : 1_000;
  return `t${Math.round(tenths / unit) * unit}`;
}

/** The seconds of such a name. */
const secondsOf = (time: string): number => Number(time.slice(1)) / 10;

/** The name that an app's deployments that ended in one way are counted under. */
export const countOf = (appId: string, status: string): string => `${appId}:${status}`;

/** The names under which an end is counted. */
export interface Counted {
  /** Null if it isn't counted. */
  duration: string | null;
  wait: string | null;
  app: string;
}

export function countedAs({ appId, status }: DeploymentRecord, end: End): Counted {
  const { durationSeconds, waitedSeconds } = end;
  return {
    duration: status === 'success' && durationSeconds !== null ? timeOf(durationSeconds) : null,
    wait: waitedSeconds === null ? null : timeOf(waitedSeconds),
    app: countOf(appId, status),
  };
}

/** What one end adds to a day. */
export function dayOfEnd(record: DeploymentRecord, end: End): BuildDay {
  const { duration, wait, app } = countedAs(record, end);
  return {
    day: end.endedOn,
    success: record.status === 'success' ? 1 : 0,
    failed: record.status === 'failed' ? 1 : 0,
    canceled: record.status === 'canceled' ? 1 : 0,
    durations: duration === null ? {} : { [duration]: 1 },
    waits: wait === null ? {} : { [wait]: 1 },
    apps: { [app]: 1 },
  };
}

const NONE: Ended = { success: 0, failed: 0, canceled: 0 };

const sum = (one: Ended, other: Ended): Ended => ({
  success: one.success + other.success,
  failed: one.failed + other.failed,
  canceled: one.canceled + other.canceled,
});

const total = ({ success, failed, canceled }: Ended): number => success + failed + canceled;

/** All days in one: how they ended, and their times. */
export function together(days: readonly Omit<BuildDay, 'apps' | 'day'>[]): {
  ended: Ended;
} & Pick<BuildCounts, 'durationSeconds' | 'waitingSeconds'> {
  const percentiles = (tallies: readonly Tally[]) => {
    const histogram = new Map<number, number>();
    for (const [time, count] of tallies.flatMap((tally) => Object.entries(tally)))
      histogram.set(secondsOf(time), (histogram.get(secondsOf(time)) ?? 0) + count);
    return percentilesOf(histogram);
  };
  return {
    ended: days.reduce<Ended>(sum, NONE),
    durationSeconds: percentiles(days.map(({ durations }) => durations)),
    waitingSeconds: percentiles(days.map(({ waits }) => waits)),
  };
}

/** The counts of days, in any order; `namesOf` gives the names of apps by their ids, without those that are gone. */
export async function buildCounts(
  scope: AnalyticsScope,
  days: readonly BuildDay[],
  namesOf: (ids: readonly string[]) => Promise<ReadonlyMap<string, NamedApp>>,
): Promise<BuildCounts> {
  const { ended, durationSeconds, waitingSeconds } = together(days);
  const ofApps = scope.appId === undefined ? endsOfApps(days) : new Map([[scope.appId, ended]]);
  const most = [...ofApps]
    .filter(([, ends]) => total(ends) > 0)
    .sort(([id, one], [otherId, other]) => total(other) - total(one) || (id < otherId ? -1 : 1))
    .slice(0, TOP);
  const names = most.length === 0 ? new Map() : await namesOf(most.map(([id]) => id));
  return {
    days: days
      .filter((day) => total(day) > 0)
      .map(({ day, success, failed, canceled }) => ({ day, success, failed, canceled }))
      .sort((one, other) => (one.day < other.day ? -1 : 1)),
    durationSeconds,
    waitingSeconds,
    top: most.flatMap(([id, ends]) => {
      const app = names.get(id);
      return app === undefined ? [] : [{ app, ended: ends }];
    }),
  };
}

function endsOfApps(days: readonly BuildDay[]): Map<string, Ended> {
  const ends = new Map<string, Ended>();
  for (const [name, count] of days.flatMap(({ apps }) => Object.entries(apps))) {
    const [id = '', status = ''] = name.split(':');
    ends.set(id, sum(ends.get(id) ?? NONE, { ...NONE, [status]: count }));
  }
  return ends;
}

/** Adds an end to the days of its team and of its app, by their keys. */
export function addDays(days: Map<string, KeptDay>, record: DeploymentRecord, end: End): void {
  const { ownerId, appId } = record;
  addDay(days, { ...dayOfEnd(record, end), ownerId, appId: ALL_APPS });
  addDay(days, { ...dayOfEnd(record, end), ownerId, appId, apps: {} });
}

function addDay(days: Map<string, KeptDay>, added: Omit<KeptDay, 'id'>): void {
  const id = dayKey(added.ownerId, added.appId, added.day);
  const day = days.get(id);
  if (day === undefined) {
    days.set(id, { ...added, id });
    return;
  }
  Object.assign(day, sum(day, added));
  for (const name of ['durations', 'waits', 'apps'] as const)
    for (const [key, count] of Object.entries(added[name])) day[name][key] = (day[name][key] ?? 0) + count;
}
