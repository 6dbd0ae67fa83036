import type { UploadRecord, UploadStore } from '../metadata.ts';
import type { Located } from './located.ts';
import type { Shards } from './shards.ts';

/** How many uploads `abandoned` gives at most. */
const MOST_ABANDONED = 100;

/** Uploads, each in the database of its team. `at` finds those of which only the id is known. */
export function createUploadStore(shards: Shards, at: Located): UploadStore {
  /** The store of one upload. Of one that is not there, the directory has nothing either. */
  const ofOne = async (id: string): Promise<UploadStore> =>
    ((await at.one(id)) ?? shards.directory).metadata.uploads;

  const ofEach = async (
    ids: readonly string[],
    ask: (store: UploadStore, own: readonly string[]) => Promise<void>,
  ): Promise<void> => {
    await Promise.all([...(await at.find(ids))].map(([shard, own]) => ask(shard.metadata.uploads, own)));
  };

  /** What all databases have, in an order, as far as `limit`. */
  async function merged(
    limit: number,
    before: (one: UploadRecord, other: UploadRecord) => boolean,
    ask: (store: UploadStore) => Promise<UploadRecord[]>,
  ): Promise<UploadRecord[]> {
    const found = await shards.each(async (shard) => {
      const uploads = await ask(shard.metadata.uploads);
      at.seen(shard, uploads);
      return uploads;
    });
    return found
      .flat()
      .sort((one, other) => (before(one, other) ? -1 : 1))
      .slice(0, limit);
  }

  return {
    async insert(upload) {
      const shard = await shards.ofTeam(upload.ownerId);
      await shard.metadata.uploads.insert(upload);
      at.seen(shard, [upload]);
    },

    byId: (id) => at.first(id, (shard) => shard.metadata.uploads.byId(id)),
    complete: async (id, kept) => (await ofOne(id)).complete(id, kept),
    touch: async (id, moment) => (await ofOne(id)).touch(id, moment),
    giveUp: async (id, usedBefore) => (await ofOne(id)).giveUp(id, usedBefore),
    use: async (id, appId, moment) => (await ofOne(id)).use(id, appId, moment),
    unuse: (ids, appId) => ofEach(ids, (store, own) => store.unuse(own, appId)),
    delete: (ids) => ofEach(ids, (store, own) => store.delete(own)),

    list: async (ownerId, appId) => (await shards.ofTeam(ownerId)).metadata.uploads.list(ownerId, appId),
    countBegun: async (ownerId) => (await shards.ofTeam(ownerId)).metadata.uploads.countBegun(ownerId),

    unused: (after, usedBefore, limit) =>
      merged(
        limit,
        (one, other) => one.id < other.id,
        (store) => store.unused(after, usedBefore, limit),
      ),

    abandoned: (createdBefore) =>
      merged(
        MOST_ABANDONED,
        (one, other) => one.createdAt < other.createdAt,
        (store) => store.abandoned(createdBefore),
      ),
  };
}
