import { MAX_RECENT_BUILDS, type RecentBuild } from '@appflux/protocol';
import type { Db } from 'mongodb';
import {
  type AppListStore,
  latestOf,
  MOST_FAVOURITES,
  MOST_LISTED_APPS,
  newestBuilds,
  type RecentActivity,
} from '../app-lists.ts';
import type { AppRecord, KeptDeployment } from '../metadata.ts';
import { ofApp } from './apps.ts';
import { is, Records } from './database.ts';
import { idOf } from './documents.ts';

interface Favourite {
  id: string;
  userId: string;
  ownerId: string;
  appId: string;
  createdAt: string;
}

/** Apps whose deployments are read at the same time: as many connections as the driver opens at most are not taken. */
const AT_A_TIME = 10;

export function createAppListStore(db: Db): AppListStore {
  const deployments = new Records<KeptDeployment>(db, 'deployments');
  const apps = new Records<AppRecord>(db, 'apps');
  const favourites = new Records<Favourite>(db, 'favourites');
  const keyOf = (userId: string, ownerId: string, appId: string) => `${userId}:${ownerId}:${appId}`;

  async function activityOf(appId: string): Promise<[string, RecentActivity] | null> {
    const own = { appId: idOf(appId) };
    const [latest] = await deployments.all({ ...own, skipped: null }, deployments.newestFirst, 1);
    if (latest === undefined) return null;
    const ended = await Promise.all(
      (['success', 'failed'] as const).map((status) =>
        deployments.documents
          .find(
            { ...own, status: is(status) },
            { projection: { number: 1, status: 1, durationSeconds: 1, createdAt: 1 } },
          )
          .sort(deployments.newestFirst)
          .limit(MAX_RECENT_BUILDS)
          .toArray(),
      ),
    );
    const builds = ended.flat().map((document): RecentBuild => {
      const { id, number, status, durationSeconds, createdAt } = deployments.record(document);
      return {
        id,
        number,
        status: status as RecentBuild['status'],
        durationSeconds: durationSeconds ?? null,
        createdAt,
      };
    });
    return [appId, { latest: latestOf(latest), builds: newestBuilds(builds) }];
  }

  return {
    async recent(appIds) {
      const found: [string, RecentActivity][] = [];
      for (let from = 0; from < appIds.length; from += AT_A_TIME) {
        const some = await Promise.all(appIds.slice(from, from + AT_A_TIME).map(activityOf));
        found.push(...some.filter((entry) => entry !== null));
      }
      return new Map(found);
    },

    async overBudget(ownerId) {
      const released = await apps.all(
        { ownerId: is(ownerId), release: { $ne: null } },
        { releasedAt: -1 },
        MOST_LISTED_APPS,
      );
      const ids = released.flatMap(({ release }) => (release === null ? [] : [idOf(release)]));
      if (ids.length === 0) return [];
      const found = await deployments.all({ _id: { $in: ids }, 'budgets.outcome': is('warned') }, { _id: 1 });
      return released.flatMap(({ release, slug, name }) => {
        const record = found.find(({ id }) => id === release);
        return record === undefined
          ? []
          : [{ deploymentId: record.id, app: { slug, name }, budgets: record.budgets ?? [] }];
      });
    },

    async favourites(userId, ownerId) {
      const found = await favourites.all(
        { userId: is(userId), ownerId: is(ownerId) },
        { _id: 1 },
        MOST_FAVOURITES,
      );
      return found.map(({ appId }) => appId);
    },

    async addFavourite(userId, appId, at) {
      const app = await apps.first(apps.key(appId));
      if (app === null) return;
      const { ownerId } = app;
      const id = keyOf(userId, ownerId, appId);
      await ofApp(
        db,
        appId,
        () => favourites.insert({ id, userId, ownerId, appId, createdAt: at }),
        () => favourites.remove(favourites.key(id)),
      );
    },

    async removeFavourite(userId, appId) {
      await favourites.remove({ appId: idOf(appId), userId: is(userId) });
    },

    async forgetFavourites(userId, ownerId) {
      await favourites.remove({ userId: is(userId), ownerId: is(ownerId) });
    },
  };
}
