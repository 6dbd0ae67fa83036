import type { Db } from 'mongodb';
import type { HookRecord, HookStore } from '../hooks.ts';
import { is, Records } from './database.ts';
import { idOf } from './documents.ts';

export function createHookStore(db: Db): HookStore {
  const hooks = new Records<HookRecord>(db, 'hooks');

  return {
    async insert(hook) {
      if (!(await hooks.insert(hook))) throw new Error(`There is a hook with the id ${hook.id} already`);
    },
    byId: (id) => hooks.first(hooks.key(id)),
    list: (ownerId) => hooks.all({ ownerId: is(ownerId) }, hooks.newestFirst),
    count: (ownerId) => hooks.documents.countDocuments({ ownerId: is(ownerId) }),
    all: (after, limit) => hooks.all(after === null ? {} : { _id: { $gt: idOf(after) } }, { _id: 1 }, limit),
    update: (id, change) => hooks.change(id, change),

    async reseal(id, { member, from, to }) {
      const resealed = { ...hooks.key(id), [member]: is(from) };
      return (await hooks.documents.updateOne(resealed, { $set: { [member]: to } })).matchedCount > 0;
    },

    delete: async (id) => (await hooks.remove(hooks.key(id))) > 0,
  };
}
