import type { AnalyticsScope, AnalyticsStore, DayRange } from '../analytics.ts';
import { TOP } from '../analytics.ts';
import { buildCounts, countedUnder } from '../build-days.ts';
import { daysOf } from '../day.ts';
import { toBuildDay } from './build-days.ts';
import { number, text } from './columns.ts';
import type { Database, Row, Statement, Value } from './database.ts';

/** What D1 is asked. Rows read are billed: one for each day, however many deployments ended on it. */
export const buildStatement = (scope: AnalyticsScope, { from, to }: DayRange): Statement => ({
  sql: `SELECT day, success, failed, canceled, durations, waits, apps FROM build_days
        WHERE owner_id = ? AND app_id = ? AND day BETWEEN ? AND ?`,
  values: [scope.ownerId, countedUnder(scope), from, to],
});

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
      const { sql, values } = buildStatement(scope, range);
      const days = (await database.all(sql, ...values)).map(toBuildDay);
      return buildCounts(scope, days, async (ids) => {
        const rows = await database.all(
          'SELECT id, slug, name FROM apps WHERE id IN (SELECT value FROM json_each(?))',
          JSON.stringify(ids),
        );
        return new Map(rows.map((row) => [text(row, 'id'), namedApp(row)]));
      });
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
