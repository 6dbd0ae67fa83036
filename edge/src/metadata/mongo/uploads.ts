import type { Db, UpdateFilter } from 'mongodb';
import type { UploadRecord, UploadStore } from '../metadata.ts';
import { is, Records } from './database.ts';
import { type Document, idOf } from './documents.ts';

export function createUploadStore(db: Db): UploadStore {
  const uploads = new Records<UploadRecord>(db, 'uploads');

  return {
    async insert(upload) {
      if (!(await uploads.insert(upload)))
        throw new Error(`There is an upload with the id ${upload.id} already`);
    },
    byId: (id) => uploads.first(uploads.key(id)),
    async complete(id, { key, sha256 }) {
      await uploads.change(id, { completed: true, key, sha256 });
    },
    async touch(id, at) {
      return (
        (await uploads.update({ ...uploads.key(id), completed: true }, { $set: { usedAt: at } })) !== null
      );
    },
    unused: (after, usedBefore, limit) =>
      uploads.all(
        {
          completed: true,
          usedAt: { $lt: usedBefore },
          ...(after === null ? {} : { _id: { $gt: idOf(after) } }),
        },
        { _id: 1 },
        limit,
      ),
    async giveUp(id, usedBefore) {
      const unused = { ...uploads.key(id), completed: true, usedAt: { $lt: usedBefore } };
      return (await uploads.update(unused, { $set: { completed: false } })) !== null;
    },
    async use(id, appId, at) {
      const complete = { ...uploads.key(id), completed: true };
      const change = { $set: { usedAt: at }, $addToSet: { appIds: appId } };
      return (await uploads.update(complete, change)) !== null;
    },
    async unuse(ids, appId) {
      await uploads.documents.updateMany({ _id: { $in: ids.map(idOf) } }, {
        // The driver's types know no member of a document that has any.
        $pullAll: { appIds: [appId] },
      } as unknown as UpdateFilter<Document>);
    },
    list: (ownerId, appId) =>
      uploads.all(
        { ownerId: is(ownerId), ...(appId === undefined ? {} : { appIds: is(appId) }) },
        { _id: 1 },
        100,
      ),
    countBegun: (ownerId) => uploads.documents.countDocuments({ ownerId: is(ownerId), completed: false }),
    async delete(ids) {
      await uploads.remove({ _id: { $in: ids.map(idOf) } });
    },
    abandoned: (createdBefore) =>
      uploads.all({ completed: false, createdAt: { $lt: createdBefore } }, { createdAt: 1 }, 100),
  };
}
