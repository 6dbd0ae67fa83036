import { textOrNull } from '../d1/columns.ts';
import type { DeploymentStore } from '../metadata.ts';
import type { Located } from './located.ts';
import { projectInto } from './release.ts';
import type { Shard, Shards } from './shards.ts';

/** How many releases of an app are known. */
const MOST_RELEASES = 2;

/** Deployments, each in the database of its team. `at` finds those of which only the id is known. */
export function createDeploymentStore(shards: Shards, at: Located): DeploymentStore {
  const { directory } = shards;
  const storeOf = (shard: Shard) => shard.metadata.deployments;

  /** The database of an app. Of one that is not there, the directory has nothing either. */
  const ofApp = async (appId: string): Promise<Shard> => (await shards.ofApp(appId)) ?? directory;

  /** The same for one deployment. */
  const ofOne = async (id: string): Promise<DeploymentStore> => storeOf((await at.one(id)) ?? directory);

  /** An app's release and the one before it, which are not archived: a stub doesn't know them. */
  async function releasesOf(appId: string): Promise<(string | null)[]> {
    const row = await directory.database.first(
      'SELECT release, previous_release FROM apps WHERE id = ?',
      appId,
    );
    return row === null ? [] : [textOrNull(row, 'release'), textOrNull(row, 'previous_release')];
  }

  /** Asks each database for those of these deployments that it has. */
  const ofEach = async <Result>(
    ids: readonly string[],
    ask: (store: DeploymentStore, own: readonly string[]) => Promise<Result>,
  ): Promise<Result[]> =>
    Promise.all([...(await at.find(ids))].map(([shard, own]) => ask(storeOf(shard), own)));

  return {
    async project(record, seq) {
      const shard = await shards.ofTeam(record.ownerId);
      const isKept =
        shard === directory
          ? await storeOf(shard).project(record, seq)
          : await projectInto(shard, directory, record, seq);
      if (isKept) at.seen(shard, [record]);
      return isKept;
    },

    byId: (id) => at.first(id, (shard) => storeOf(shard).byId(id)),

    async list(filter, page) {
      const shard = await shards.ofTeam(filter.ownerId);
      const listed = await storeOf(shard).list(filter, page);
      at.seen(shard, listed.items);
      return listed;
    },

    ended: async (ownerId, ...asked) => storeOf(await shards.ofTeam(ownerId)).ended(ownerId, ...asked),
    summaries: async (ownerId, ids) => storeOf(await shards.ofTeam(ownerId)).summaries(ownerId, ids),

    lastEnded: async (filter) => storeOf(await ofApp(filter.appId)).lastEnded(filter),
    unendedOf: async (appId, narrowed) => storeOf(await ofApp(appId)).unendedOf(appId, narrowed),
    unended: async (appId) => storeOf(await ofApp(appId)).unended(appId),

    async withContent(appId, page) {
      const shard = await ofApp(appId);
      const listed = await storeOf(shard).withContent(appId, page);
      at.seen(shard, listed.items);
      return listed;
    },

    async idsOf(appId, limit) {
      const shard = await ofApp(appId);
      const ids = await storeOf(shard).idsOf(appId, limit);
      at.seen(shard, ids);
      return ids;
    },

    async archivable(appId, createdBefore, after, limit) {
      const shard = await ofApp(appId);
      const [found, released] = await Promise.all([
        storeOf(shard).archivable(appId, createdBefore, after, limit + MOST_RELEASES),
        releasesOf(appId),
      ]);
      return found.filter(({ id }) => !released.includes(id)).slice(0, limit);
    },

    async archive(appId, stored) {
      const shard = await ofApp(appId);
      const released = await releasesOf(appId);
      return storeOf(shard).archive(
        appId,
        stored.filter(({ id }) => !released.includes(id)),
      );
    },

    async builtFrom(uploadIds, after, limit) {
      const found = await shards.each(async (shard) => {
        const built = await storeOf(shard).builtFrom(uploadIds, after, limit);
        at.seen(shard, built);
        return built;
      });
      return found
        .flat()
        .sort((one, other) => (one.id < other.id ? -1 : 1))
        .slice(0, limit);
    },

    pin: async (id, pinned) => (await ofOne(id)).pin(id, pinned),
    markPromoted: async (id, moment) => (await ofOne(id)).markPromoted(id, moment),
    markPictured: async (id, moment) => (await ofOne(id)).markPictured(id, moment),
    markPictureFailed: async (id, reason) => (await ofOne(id)).markPictureFailed(id, reason),
    unmarkRemoved: async (id, part) => (await ofOne(id)).unmarkRemoved(id, part),
    keepLogTail: (id, lines) => directory.metadata.deployments.keepLogTail(id, lines),

    pictures: async (ids) =>
      new Map((await ofEach(ids, (store, own) => store.pictures(own))).flatMap((found) => [...found])),

    markRemoved: async (ids, part, moment) =>
      (await ofEach(ids, (store, own) => store.markRemoved(own, part, moment))).flat(),

    async markCleared(ids) {
      await ofEach(ids, (store, own) => store.markCleared(own));
    },

    async delete(ids) {
      const found = await at.find(ids);
      const elsewhere = [...found].flatMap(([shard, own]) => (shard === directory ? [] : own));
      // The URLs of branches first: without its deployment one would lead nowhere, and nobody would remove it any more.
      if (elsewhere.length > 0)
        await directory.database.run(
          'DELETE FROM site_aliases WHERE deployment_id IN (SELECT value FROM json_each(?))',
          JSON.stringify(elsewhere),
        );
      await ofEach(ids, (store, own) => store.delete(own));
    },
  };
}
