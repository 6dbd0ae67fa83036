/** The overview and the list of apps of the in-memory API. */
import {
  type ActiveApp,
  type App,
  hasEnded,
  type ListedApp,
  MAX_RECENT_BUILDS,
  type Page,
  type RecentBuild,
  type TeamOverview,
} from '@appflux/protocol';
import { page, type Routes, requireFound } from './fake-call.ts';
import { latestOf } from './fixtures.ts';
import type { World } from './world.ts';

/** A page of the apps, with their activity if the query asks for it. */
export function listedApps(world: World, query: URLSearchParams): Page<ListedApp> {
  const { items, nextCursor } = page(world.apps, query);
  return {
    items: query.get('include') === 'activity' ? items.map((app) => active(world, app)) : items,
    nextCursor,
  };
}

function active(world: World, app: App): ActiveApp {
  const own = world.deployments.filter((one) => one.appId === app.id && one.skipped === null);
  const builds = own.flatMap(({ id, number, status, durationSeconds, createdAt }): RecentBuild[] =>
    status === 'success' || status === 'failed' ? [{ id, number, status, durationSeconds, createdAt }] : [],
  );
  return {
    ...app,
    activity: {
      latest: own[0] === undefined ? null : latestOf(own[0]),
      builds: builds.slice(0, MAX_RECENT_BUILDS),
      isFavourite: world.favourites.has(app.slug),
    },
  };
}

function overviewOf(world: World): TeamOverview {
  const failed = world.deployments.filter(({ status }) => status === 'failed');
  const newest = failed.filter(
    ({ appId }, index) => failed.findIndex((other) => other.appId === appId) === index,
  );
  const favouritesFirst = (one: App, other: App) =>
    Number(world.favourites.has(other.slug)) - Number(world.favourites.has(one.slug));
  return {
    at: new Date().toISOString(),
    apps: world.apps
      .toSorted(favouritesFirst)
      .slice(0, 6)
      .map((app) => active(world, app)),
    running: world.deployments.filter(({ status }) => !hasEnded(status)),
    failures: newest.map((deployment) => ({
      deployment,
      hasRecovered: world.deployments.some(
        ({ appId, status, createdAt }) =>
          appId === deployment.appId && status === 'success' && createdAt > deployment.createdAt,
      ),
    })),
    runners: world.runners,
    storage:
      world.team === 'instance' && world.overview.storage !== null
        ? { use: world.overview.storage.use, disk: { totalBytes: 500e9, freeBytes: 96e9 } }
        : null,
    attention: world.attention,
  };
}

export const OVERVIEW_ROUTES: Routes = {
  'GET overview': ({ world }) => [200, overviewOf(world)],
  'PUT apps/:id/favourite': ({ world, id }) => {
    world.favourites.add(requireFound(world.apps.find(({ slug }) => slug === id)).slug);
    return [204];
  },
  'DELETE apps/:id/favourite': ({ world, id }) => {
    world.favourites.delete(id);
    return [204];
  },
};
