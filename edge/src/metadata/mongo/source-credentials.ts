import type { Db } from 'mongodb';
import type { SourceCredentialStore } from '../source-credentials.ts';
import { ofApp } from './apps.ts';
import { is, Records } from './database.ts';

interface Kept {
  appId: string;
  sealed: string;
}

export function createSourceCredentialStore(db: Db): SourceCredentialStore {
  const credentials = new Records<Kept>(db, 'sourceCredentials');

  return {
    async get(appId) {
      return (await credentials.first(credentials.key(appId)))?.sealed ?? null;
    },

    async set(appId, sealed) {
      const change = { $set: { sealed } };
      const write = async () => {
        if ((await credentials.update(credentials.key(appId), change)) !== null) return;
        if (await credentials.insert({ appId, sealed })) return;
        await credentials.update(credentials.key(appId), change);
      };
      await ofApp(db, appId, write, () => credentials.remove(credentials.key(appId)));
    },

    async delete(appId) {
      return (await credentials.remove(credentials.key(appId))) > 0;
    },

    async reseal(appId, from, to) {
      const kept = { ...credentials.key(appId), sealed: is(from) };
      return (await credentials.documents.updateOne(kept, { $set: { sealed: to } })).matchedCount > 0;
    },
  };
}
