import { MAX_RECENT_BUILDS, type RecentBuild, type SizeBudgetResult } from '@appflux/protocol';
import {
  type AppListStore,
  latestOf,
  MOST_FAVOURITES,
  MOST_LISTED_APPS,
  newestBuilds,
  type OverBudget,
  type RecentActivity,
} from '../app-lists.ts';
import { json, numberOrNull, text } from './columns.ts';
import type { Database, Row, Statement } from './database.ts';
import { newestFirst } from './list.ts';
import { fromStored } from './stored-record.ts';

/** For each app of a list the newest of its deployments that satisfy a condition, by one search of an index. */
const newestOfEach = (
  columns: string,
  condition: string,
  limit: number,
  appIds: readonly string[],
): Statement => ({
  sql: `SELECT ${columns} FROM json_each(?) AS asked JOIN deployments ON deployments.id IN (
          SELECT id FROM deployments AS own WHERE own.app_id = asked.value AND ${condition}
          ORDER BY ${newestFirst('deployments')} LIMIT ${limit}
        )`,
  values: [JSON.stringify(appIds)],
});

/** The latest deployments, and the last builds by how they ended: an index has each of these in their order. */
export const recentStatements = (appIds: readonly string[]): Statement[] => [
  newestOfEach(
    `deployments.id, deployments.app_id, deployments.owner_id, deployments.status, deployments.number,
       deployments.upload_id, json_remove(deployments.record, '$.artifacts', '$.site', '$.sbom') AS record`,
    '+own.skipped = 0',
    1,
    appIds,
  ),
  ...(['success', 'failed'] as const).map((status) =>
    newestOfEach(
      `deployments.app_id, deployments.id, deployments.number, deployments.status, deployments.duration_seconds,
         deployments.created_at`,
      `own.status = '${status}'`,
      MAX_RECENT_BUILDS,
      appIds,
    ),
  ),
];

export function createAppListStore(database: Database): AppListStore {
  return {
    async recent(appIds) {
      if (appIds.length === 0) return new Map();
      const [latest, ...ended] = await database.batch(recentStatements(appIds));
      const builds = new Map<string, RecentBuild[]>();
      for (const row of ended.flatMap(({ rows }) => rows)) {
        const appId = text(row, 'app_id');
        builds.set(appId, [...(builds.get(appId) ?? []), toBuild(row)]);
      }
      return new Map(
        (latest?.rows ?? []).map((row): [string, RecentActivity] => {
          const appId = text(row, 'app_id');
          return [
            appId,
            { latest: latestOf(fromStored(row)), builds: newestBuilds(builds.get(appId) ?? []) },
          ];
        }),
      );
    },

    overBudget: (ownerId) => overBudgetIn(database, database, ownerId),

    async favourites(userId, ownerId) {
      const rows = await database.all(
        'SELECT app_id FROM favourites WHERE user_id = ? AND owner_id = ? LIMIT ?',
        userId,
        ownerId,
        MOST_FAVOURITES,
      );
      return rows.map((row) => text(row, 'app_id'));
    },

    async addFavourite(userId, appId, at) {
      await database.run(
        `INSERT INTO favourites (user_id, owner_id, app_id, created_at)
         SELECT ?1, owner_id, id, ?3 FROM apps WHERE id = ?2
         ON CONFLICT (user_id, owner_id, app_id) DO NOTHING`,
        userId,
        appId,
        at,
      );
    },

    async removeFavourite(userId, appId) {
      await database.run('DELETE FROM favourites WHERE app_id = ? AND user_id = ?', appId, userId);
    },

    async forgetFavourites(userId, ownerId) {
      await database.run('DELETE FROM favourites WHERE user_id = ? AND owner_id = ?', userId, ownerId);
    },
  };
}

/** The releases that exceed a budget, of apps in one database whose deployments may be in another. */
export async function overBudgetIn(
  apps: Database,
  deployments: Database,
  ownerId: string,
): Promise<OverBudget[]> {
  const released = `SELECT slug, name, release, released_at FROM apps WHERE owner_id = ?1 AND release IS NOT NULL
                    ORDER BY released_at DESC LIMIT ${MOST_LISTED_APPS}`;
  const [from, value] =
    apps === deployments
      ? [`(${released})`, ownerId]
      : [RELEASED, JSON.stringify(await apps.all(released, ownerId))];
  const rows = await deployments.all(
    `SELECT deployments.id, released.slug, released.name, deployments.record -> '$.budgets' AS budgets
     FROM ${from} AS released JOIN deployments ON deployments.id = released.release
     WHERE EXISTS (SELECT 1 FROM json_each(deployments.record, '$.budgets')
                   WHERE value ->> '$.outcome' = 'warned')
     ORDER BY released.released_at DESC`,
    value,
  );
  return rows.map((row) => ({
    deploymentId: text(row, 'id'),
    app: { slug: text(row, 'slug'), name: text(row, 'name') },
    budgets: json<SizeBudgetResult[]>(row, 'budgets'),
  }));
}

/** Rows that another database has given, as JSON. */
const RELEASED = `(SELECT value ->> '$.slug' AS slug, value ->> '$.name' AS name, value ->> '$.release' AS release,
  value ->> '$.released_at' AS released_at FROM json_each(?1))`;

const toBuild = (row: Row): RecentBuild => ({
  id: text(row, 'id'),
  number: numberOrNull(row, 'number') ?? 0,
  status: text(row, 'status') as RecentBuild['status'],
  durationSeconds: numberOrNull(row, 'duration_seconds'),
  createdAt: text(row, 'created_at'),
});
