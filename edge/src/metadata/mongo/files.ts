import type { FileInfo } from '@appflux/protocol';
import type { Db } from 'mongodb';
import type { FileStore, SealedFile } from '../metadata.ts';
import { ofApp } from './apps.ts';
import { is, Records } from './database.ts';
import { idOf } from './documents.ts';

type FileRecord = SealedFile & { id: string; appId: string; name: string };

const keyOf = (appId: string, name: string) => `${appId}:${name}`;

export function createFileStore(db: Db): FileStore {
  const files = new Records<FileRecord>(db, 'appFiles');

  return {
    async set(appId, name, file) {
      const key = files.key(keyOf(appId, name));
      const { _id, ...members } = files.document({ id: keyOf(appId, name), appId, name, ...file });
      const write = async () => {
        if ((await files.update(key, { $set: members })) !== null) return;
        if (await files.insert({ id: keyOf(appId, name), appId, name, ...file })) return;
        await files.update(key, { $set: members });
      };
      await ofApp(db, appId, write, () => files.remove(key));
    },

    async delete(appId, name) {
      return (await files.remove(files.key(keyOf(appId, name)))) > 0;
    },

    async list(appIds) {
      const lists = new Map(appIds.map((id) => [id, [] as FileInfo[]]));
      if (appIds.length === 0) return lists;
      const documents = await files.documents
        .find({ appId: { $in: appIds.map(idOf) } }, { projection: { sealed: 0 } })
        .sort({ name: 1 })
        .toArray();
      for (const { appId, name, size, environments } of documents.map((document) => files.record(document))) {
        lists.get(appId)?.push({ name, size, environments });
      }
      return lists;
    },

    async reseal(appId, name, from, to) {
      const resealed = { ...files.key(keyOf(appId, name)), sealed: is(from) };
      return (await files.documents.updateOne(resealed, { $set: { sealed: to } })).matchedCount > 0;
    },

    async sealed(appId) {
      const all = await files.all({ appId: is(idOf(appId)) }, { name: 1 });
      return Object.fromEntries(
        all.map(({ name, size, environments, sealed }) => [name, { size, environments, sealed }]),
      );
    },
  };
}
