/** What is counted and listed over deployments, with the names that apps have in the directory. */
import type { AnalyticsStore, DownloadStore, NamedApp } from '../analytics.ts';
import type { AppListStore } from '../app-lists.ts';
import { overBudgetIn } from '../d1/app-lists.ts';
import { text } from '../d1/columns.ts';
import { countsOf, readCounts } from '../d1/metrics.ts';
import { type MetricsStore, UNENDED } from '../metrics.ts';
import type { Located } from './located.ts';
import type { Shard, Shards } from './shards.ts';

export function createAnalyticsStore(shards: Shards): AnalyticsStore {
  return {
    async builds(scope, range) {
      const shard = await shards.ofTeam(scope.ownerId);
      const counts = await shard.metadata.analytics.builds(scope, range);
      return { ...counts, top: await named(shards, shard, counts.top) };
    },

    async downloads(scope, range) {
      const shard = await shards.ofTeam(scope.ownerId);
      const counts = await shard.metadata.analytics.downloads(scope, range);
      return { ...counts, top: await named(shards, shard, counts.top) };
    },
  };
}

/** A list of apps with their names, where a database has stubs in place of apps. */
async function named<Item extends { app: NamedApp }>(
  { directory }: Shards,
  shard: Shard,
  items: Item[],
): Promise<Item[]> {
  if (shard === directory || items.length === 0) return items;
  // The slug of a stub is the id of its app.
  const rows = await directory.database.all(
    'SELECT id, slug, name FROM apps WHERE id IN (SELECT value FROM json_each(?))',
    JSON.stringify(items.map(({ app }) => app.slug)),
  );
  const names = new Map(
    rows.map((row) => [text(row, 'id'), { slug: text(row, 'slug'), name: text(row, 'name') }]),
  );
  return items.flatMap((item) => {
    const app = names.get(item.app.slug);
    return app === undefined ? [] : [{ ...item, app }];
  });
}

export function createDownloadStore(shards: Shards, at: Located): DownloadStore {
  return {
    async add(batchId, counts) {
      const apps = await shards.ofApps([...new Set(counts.map(({ appId }) => appId))]);
      // After a crash between two of them the batch comes again, and each knows it by its id.
      for (const [shard, ids] of apps) {
        const own = counts.filter(({ appId }) => ids.includes(appId));
        await shard.metadata.downloads.add(batchId, own);
      }
    },

    async ofDeployment(id) {
      const shard = await at.one(id);
      return shard === null ? [] : shard.metadata.downloads.ofDeployment(id);
    },
  };
}

export function createAppListStore(shards: Shards): AppListStore {
  const { directory } = shards;
  return {
    ...directory.metadata.appLists,

    async recent(appIds) {
      const apps = [...(await shards.ofApps(appIds))];
      const found = await Promise.all(apps.map(([shard, own]) => shard.metadata.appLists.recent(own)));
      return new Map(found.flatMap((activities) => [...activities]));
    },

    overBudget: async (ownerId) =>
      overBudgetIn(directory.database, (await shards.ofTeam(ownerId)).database, ownerId),
  };
}

export function createMetricsStore(shards: Shards): MetricsStore {
  /** Asks each database about its teams of these. */
  const ofEach = async <Result>(
    teams: readonly string[],
    ask: (shard: Shard, own: readonly string[]) => Promise<Result>,
  ): Promise<Result[]> =>
    Promise.all([...(await shards.ofTeams(teams))].map(([shard, own]) => ask(shard, own)));

  return {
    ...shards.directory.metadata.metrics,

    deployments: async (teams, range) =>
      countsOf(await ofEach(teams, ({ database }, own) => readCounts(database, own, range))),

    async unended(teams, each) {
      const found = (await ofEach(teams, (shard, own) => shard.metadata.metrics.unended(own, each))).flat();
      return UNENDED.flatMap((status) =>
        found
          .filter((one) => one.status === status)
          .sort((one, other) =>
            one.createdAt === other.createdAt
              ? one.deploymentId.localeCompare(other.deploymentId)
              : one.createdAt.localeCompare(other.createdAt),
          )
          .slice(0, each),
      );
    },

    failed: async (teams, range, limit) =>
      (await ofEach(teams, (shard, own) => shard.metadata.metrics.failed(own, range, limit)))
        .flat()
        .slice(0, limit),

    phases: async (teams, each) =>
      (await ofEach(teams, (shard, own) => shard.metadata.metrics.phases(own, each))).flat(),
  };
}
