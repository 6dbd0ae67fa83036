import type { DayRange } from '../analytics.ts';
import { ALL_APPS, type BuildDay, together } from '../build-days.ts';
import { dayAfter } from '../day.ts';
import {
  type DeploymentCounts,
  type Failed,
  type MetricsStore,
  UNENDED,
  type Unended,
  type UnendedStatus,
} from '../metrics.ts';
import { toBuildDay } from './build-days.ts';
import { number, text, textOrNull } from './columns.ts';
import type { Database, Statement } from './database.ts';
import { newestFirst } from './list.ts';
import { phasesOf } from './stored-record.ts';

const IS_OF_TEAMS = 'owner_id IN (SELECT value FROM json_each(?1))';

/** One look-up per team: a plain DISTINCT would read every member. */
export const teamStatement = (limit: number): Statement => ({
  sql: `WITH RECURSIVE teams (id) AS (
          SELECT min(team_id) FROM members
          UNION ALL
          SELECT (SELECT min(team_id) FROM members WHERE team_id > teams.id) FROM teams WHERE teams.id IS NOT NULL
          LIMIT ?1
        ) SELECT id FROM teams WHERE id IS NOT NULL`,
  values: [limit],
});

/** Not those that need approval: they may wait for people for days, and their age says nothing of the queue. */
const IS_IN_QUEUE = `(status <> 'queued' OR record ->> '$.approval' IS NULL)`;

export const unendedStatement = (teams: readonly string[]): Statement => ({
  sql: `SELECT status, count(*) AS count, min(created_at) AS oldest FROM deployments
        WHERE ${IS_OF_TEAMS} AND status IN (${UNENDED.map((status) => `'${status}'`).join(', ')})
          AND ${IS_IN_QUEUE} GROUP BY status`,
  values: [JSON.stringify(teams)],
});

export const endedStatement = (teams: readonly string[], { from, to }: DayRange): Statement => ({
  sql: `SELECT day, success, failed, canceled, durations, waits, '{}' AS apps FROM build_days
        WHERE ${IS_OF_TEAMS} AND app_id = '${ALL_APPS}' AND day BETWEEN ?2 AND ?3`,
  values: [JSON.stringify(teams), from, to],
});

export const oldestStatement = (
  teams: readonly string[],
  status: UnendedStatus,
  limit: number,
): Statement => ({
  sql: `SELECT id, owner_id, app_id, status, created_at, record ->> '$.app.slug' AS slug FROM deployments
        WHERE ${IS_OF_TEAMS} AND status = ?2 AND ${IS_IN_QUEUE} ORDER BY created_at, id LIMIT ?3`,
  values: [JSON.stringify(teams), status, limit],
});

export const failedStatement = (
  teams: readonly string[],
  { from, to }: DayRange,
  limit: number,
): Statement => ({
  sql: `SELECT id, owner_id, record ->> '$.app.slug' AS slug, record ->> '$.failure.code' AS code,
          record ->> '$.finishedAt' AS finished_at
        FROM deployments WHERE ${IS_OF_TEAMS} AND ended_at >= ?2 AND ended_at < ?3 AND +status = 'failed' LIMIT ?4`,
  values: [JSON.stringify(teams), from, dayAfter(to), limit],
});

export const runnerStatement = (teams: readonly string[]): Statement => ({
  sql: `SELECT owner_id, count(*) AS count FROM runners WHERE ${IS_OF_TEAMS} GROUP BY owner_id ORDER BY owner_id`,
  values: [JSON.stringify(teams)],
});

export const phaseStatements = (teams: readonly string[], each: number): Statement[] =>
  teams.map((team) => ({
    sql: `SELECT record -> '$.phases' AS phases, created_at FROM deployments WHERE owner_id = ?1 AND status = 'success'
          ORDER BY ${newestFirst('deployments')} LIMIT ?2`,
    values: [team, each],
  }));

/** What a database has for `MetricsStore.deployments`: what of several is put together by `countsOf`. */
export async function readCounts(
  database: Database,
  teams: readonly string[],
  range: DayRange,
): Promise<{ unended: DeploymentCounts['unended']; days: BuildDay[] }> {
  const rowsOf = ({ sql, values }: Statement) => database.all(sql, ...values);
  const unended = await rowsOf(unendedStatement(teams));
  const days = await rowsOf(endedStatement(teams, range));
  return {
    unended: unended.map((row) => ({
      status: text(row, 'status') as UnendedStatus,
      count: number(row, 'count'),
      oldestCreatedAt: text(row, 'oldest'),
    })),
    days: days.map(toBuildDay),
  };
}

/** The counts of several databases in one. */
export function countsOf(read: readonly Awaited<ReturnType<typeof readCounts>>[]): DeploymentCounts {
  const unended = UNENDED.flatMap((status) => {
    const same = read.flatMap((counts) => counts.unended.filter((one) => one.status === status));
    const oldest = same.map(({ oldestCreatedAt }) => oldestCreatedAt).sort()[0];
    const count = same.reduce((sum, one) => sum + one.count, 0);
    return oldest === undefined ? [] : [{ status, count, oldestCreatedAt: oldest }];
  });
  return { unended, ...together(read.flatMap(({ days }) => days)) };
}

export function createMetricsStore(database: Database): MetricsStore {
  const rowsOf = ({ sql, values }: Statement) => database.all(sql, ...values);

  return {
    teams: async (limit) => (await rowsOf(teamStatement(limit))).map((row) => text(row, 'id')),

    deployments: async (teams, range) => countsOf([await readCounts(database, teams, range)]),

    async unended(teams, each) {
      const results = await database.batch(UNENDED.map((status) => oldestStatement(teams, status, each)));
      return results.flatMap(({ rows }) =>
        rows.map(
          (row): Unended => ({
            deploymentId: text(row, 'id'),
            teamId: text(row, 'owner_id'),
            app: { id: text(row, 'app_id'), slug: text(row, 'slug') },
            status: text(row, 'status') as UnendedStatus,
            createdAt: text(row, 'created_at'),
          }),
        ),
      );
    },

    failed: async (teams, range, limit) =>
      (await rowsOf(failedStatement(teams, range, limit))).map(
        (row): Failed => ({
          deploymentId: text(row, 'id'),
          teamId: text(row, 'owner_id'),
          app: { slug: text(row, 'slug') },
          code: textOrNull(row, 'code') ?? 'unknown',
          finishedAt: text(row, 'finished_at'),
        }),
      ),

    runners: async (teams) =>
      (await rowsOf(runnerStatement(teams))).map((row) => ({
        teamId: text(row, 'owner_id'),
        count: number(row, 'count'),
      })),

    async phases(teams, each) {
      if (teams.length === 0) return [];
      const results = await database.batch(phaseStatements(teams, each));
      // Records of the first versions have no phases.
      return results.flatMap(({ rows }) => rows.filter((row) => row.phases !== null).map(phasesOf));
    },
  };
}
