import type { AnalyticsScope, AnalyticsStore, DayRange, Ended } from '../analytics.ts';
import { percentilesOf, TOP } from '../analytics.ts';
import { daysOf } from '../day.ts';
import { number, text, textOrNull } from './columns.ts';
import type { Database, Row, Statement, Value } from './database.ts';

/**
 * What D1 is asked. Rows read are billed, so these read an index and nothing else: a day's durations come as one text,
 * instead of by a query for each percentile. What has to be sorted by App is read twice.
 */
export const buildStatements = (
  scope: AnalyticsScope,
  range: DayRange,
  times: 'with times' | 'without times' = 'with times',
): Statement[] => [
  {
    sql: `SELECT ended_on, status, count(*) AS count, ${
      times === 'with times'
        ? 'group_concat(duration_seconds) AS durations, group_concat(waited_seconds) AS waits'
        : 'NULL AS durations, NULL AS waits'
    }
          FROM deployments WHERE ${endedIn(scope)} GROUP BY ended_on, status`,
    values: valuesOf(scope, range),
  },
  {
    sql: `SELECT slug, name, success, failed, canceled FROM (
            SELECT app_id, count(*) AS ended, sum(status = 'success') AS success,
              sum(status = 'failed') AS failed, sum(status = 'canceled') AS canceled
            FROM deployments WHERE ${endedIn(scope)} GROUP BY app_id ORDER BY ended DESC, app_id LIMIT ${TOP}
          ) JOIN apps ON apps.id = app_id ORDER BY ended DESC, app_id`,
    values: valuesOf(scope, range),
  },
];

export const downloadStatements = (scope: AnalyticsScope, range: DayRange): Statement[] => [
  {
    sql: `SELECT day, sum(count) AS downloads FROM downloads WHERE ${downloadedIn(scope)} GROUP BY day`,
    values: downloadValuesOf(scope, range),
  },
  {
    sql: `SELECT slug, name, downloads FROM (
            SELECT app_id, sum(count) AS downloads FROM downloads
            WHERE ${downloadedIn(scope)} GROUP BY app_id ORDER BY downloads DESC, app_id LIMIT ${TOP}
          ) JOIN apps ON apps.id = app_id ORDER BY downloads DESC, app_id`,
    values: downloadValuesOf(scope, range),
  },
];

/** Of one App by its own index, which does not have the owner: that is asked of the App. */
const endedIn = ({ appId }: AnalyticsScope) =>
  appId === undefined
    ? 'owner_id = ?1 AND ended_on BETWEEN ?2 AND ?3'
    : `app_id = ?4 AND ended_on BETWEEN ?2 AND ?3
       AND EXISTS (SELECT 1 FROM apps AS own WHERE own.id = ?4 AND own.owner_id = ?1)`;

const valuesOf = ({ ownerId, appId }: AnalyticsScope, { from, to }: DayRange): Value[] =>
  appId === undefined ? [ownerId, from, to] : [ownerId, from, to, appId];

/** Of one App each day is looked up by itself: the key begins with the day, and most of a day is others'. */
const downloadedIn = ({ appId }: AnalyticsScope) =>
  appId === undefined
    ? 'owner_id = ?1 AND day BETWEEN ?2 AND ?3'
    : 'owner_id = ?1 AND day IN (SELECT value FROM json_each(?2)) AND app_id = ?3';

const downloadValuesOf = ({ ownerId, appId }: AnalyticsScope, range: DayRange): Value[] =>
  appId === undefined ? [ownerId, range.from, range.to] : [ownerId, JSON.stringify(daysOf(range)), appId];

export function createAnalyticsStore(database: Database): AnalyticsStore {
  return {
    async builds(scope, range) {
      const [groups, top] = await database.batch(buildStatements(scope, range)).catch((error: unknown) => {
        if (!String(error).includes('SQLITE_TOOBIG')) throw error;
        // More than some 250,000 builds on one day: their times are larger than a text may be. The counts are still right.
        return database.batch(buildStatements(scope, range, 'without times'));
      });
      const durations = new Map<number, number>();
      const waits = new Map<number, number>();
      const days = new Map<string, Ended & { day: string }>();
      for (const row of groups?.rows ?? []) {
        const day = text(row, 'ended_on');
        const status = text(row, 'status') as keyof Ended;
        const ended = days.get(day) ?? { day, success: 0, failed: 0, canceled: 0 };
        days.set(day, { ...ended, [status]: number(row, 'count') });
        if (status === 'success') addTo(durations, row, 'durations');
        addTo(waits, row, 'waits');
      }
      return {
        days: [...days.values()],
        durationSeconds: percentilesOf(durations),
        waitingSeconds: percentilesOf(waits),
        top: (top?.rows ?? []).map((row) => ({
          app: namedApp(row),
          ended: {
            success: number(row, 'success'),
            failed: number(row, 'failed'),
            canceled: number(row, 'canceled'),
          },
        })),
      };
    },

    async downloads(scope, range) {
      const [days, top] = await database.batch(downloadStatements(scope, range));
      return {
        days: (days?.rows ?? []).map((row) => ({
          day: text(row, 'day'),
          downloads: number(row, 'downloads'),
        })),
        top: (top?.rows ?? []).map((row) => ({ app: namedApp(row), downloads: number(row, 'downloads') })),
      };
    },
  };
}

const namedApp = (row: Row) => ({ slug: text(row, 'slug'), name: text(row, 'name') });

/** Adds the numbers that a column has in one text; it is null where all of them are. */
export function addTo(histogram: Map<number, number>, row: Row, column: string): void {
  for (const value of textOrNull(row, column)?.split(',') ?? []) {
    const seconds = Number(value);
    histogram.set(seconds, (histogram.get(seconds) ?? 0) + 1);
  }
}
