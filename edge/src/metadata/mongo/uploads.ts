import type { Db } from 'mongodb';
import type { UploadRecord, UploadStore } from '../metadata.ts';
import { Records } from './database.ts';

export function createUploadStore(db: Db): UploadStore {
  const uploads = new Records<UploadRecord>(db, 'uploads');

  return {
    async insert(upload) {
      if (!(await uploads.insert(upload)))
        throw new Error(`There is an upload with the id ${upload.id} already`);
    },
    byId: (id) => uploads.first(uploads.key(id)),
    async complete(id) {
      await uploads.change(id, { completed: true });
    },
    async delete(id) {
      await uploads.remove(uploads.key(id));
    },
    abandoned: (createdBefore) =>
      uploads.all({ completed: false, createdAt: { $lt: createdBefore } }, { createdAt: 1 }, 100),
  };
}
