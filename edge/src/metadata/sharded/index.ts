/**
 * Metadata in several D1 databases. What grows with deployments is in the database of its team: deployments and what
 * belongs to them, uploads, counts, feeds of updates, the audit log and idempotency keys. What is global or small is in the
 * directory: users, members, tokens, apps, runners, domains, hooks and settings. A record is in one database only, so lists
 * and their cursors are those of one.
 */
import type { D1Database } from '@cloudflare/workers-types';
import type { ExpoStore } from '../expo.ts';
import type { Metadata } from '../metadata.ts';
import { createAppStore, finishRemovals } from './apps.ts';
import {
  createAnalyticsStore,
  createAppListStore,
  createDownloadStore,
  createMetricsStore,
} from './counts.ts';
import { createDeploymentStore } from './deployments.ts';
import { Located } from './located.ts';
import { markedId } from './mark.ts';
import { Shards } from './shards.ts';
import { createSiteStore } from './sites.ts';
import { createUploadStore } from './uploads.ts';

/**
 * Metadata in databases that all have the migrations of edge/migrations.
 *
 * @param bindings the databases by their numbers; the first one is the directory
 * @param choose gives the number of the database for a new team, by the sizes of all in bytes
 */
export function createShardedMetadata(
  bindings: readonly [D1Database, ...(D1Database | undefined)[]],
  choose?: (sizes: readonly number[]) => number,
): Metadata {
  const shards = new Shards(bindings, choose);
  const deployments = new Located(shards, 'deployments');
  const uploads = new Located(shards, 'uploads');
  const ofTeam = async (ownerId: string) => (await shards.ofTeam(ownerId)).metadata;
  const ofDeployment = async (id: string) =>
    ((await deployments.one(id)) ?? shards.directory).metadata.details;

  return {
    ...shards.directory.metadata,

    async ping() {
      await shards.each(({ metadata }) => metadata.ping());
    },

    newIdFor: async (ownerId, now) => markedId((await shards.ofTeam(ownerId)).number, now),

    async removeExpired(now, auditBefore) {
      await finishRemovals(shards);
      await shards.each(({ metadata }) => metadata.removeExpired(now, auditBefore));
    },

    apps: createAppStore(shards),
    appLists: createAppListStore(shards),
    deployments: createDeploymentStore(shards, deployments),
    sites: createSiteStore(shards, deployments),
    uploads: createUploadStore(shards, uploads),
    downloads: createDownloadStore(shards, deployments),
    analytics: createAnalyticsStore(shards),
    metrics: createMetricsStore(shards),
    expo: createExpoStore(shards),

    details: {
      keep: async (id, details) => (await ofDeployment(id)).keep(id, details),
      write: async (id, notes) => (await ofDeployment(id)).write(id, notes),
      of: async (id) => (await ofDeployment(id)).of(id),
    },

    audit: {
      append: async (record) => (await ofTeam(record.ownerId)).audit.append(record),
      deleteOf: async (ownerId) => (await ofTeam(ownerId)).audit.deleteOf(ownerId),
      list: async (ownerId, page) => (await ofTeam(ownerId)).audit.list(ownerId, page),
    },

    idempotency: {
      claim: async (ownerId, ...asked) => (await ofTeam(ownerId)).idempotency.claim(ownerId, ...asked),
      forget: async (ownerId, ids) => (await ofTeam(ownerId)).idempotency.forget(ownerId, ids),
    },
  };
}

/** Updates grow with deployments and are in the database of their app's team; signing keys are in the directory. */
function createExpoStore(shards: Shards): ExpoStore {
  const ofApp = async (appId: string) => ((await shards.ofApp(appId)) ?? shards.directory).metadata.expo;
  return {
    ...shards.directory.metadata.expo,
    newest: async (feed) => (await ofApp(feed.appId)).newest(feed),
    history: async (appId, ...asked) => (await ofApp(appId)).history(appId, ...asked),
    async record(rows) {
      const apps = await shards.ofApps([...new Set(rows.map(({ appId }) => appId))]);
      for (const [shard, ids] of apps)
        await shard.metadata.expo.record(rows.filter(({ appId }) => ids.includes(appId)));
    },
  };
}
