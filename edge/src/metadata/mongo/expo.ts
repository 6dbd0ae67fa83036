import type { Db } from 'mongodb';
import type { ExpoKeyRecord, ExpoRow, ExpoStore } from '../expo.ts';
import { ofApp } from './apps.ts';
import { is, Records } from './database.ts';
import { idOf } from './documents.ts';

const NEWEST = { createdAt: -1, _id: -1 } as const;

export function createExpoStore(db: Db): ExpoStore {
  const updates = new Records<ExpoRow>(db, 'expoUpdates');
  const keys = new Records<ExpoKeyRecord & { appId: string }>(db, 'expoSigningKeys');

  return {
    async newest({ appId, channel, platform, runtimeVersion }) {
      const feed = {
        appId: is(idOf(appId)),
        channel: is(channel),
        platform: is(platform),
        runtimeVersion: is(runtimeVersion),
      };
      return (await updates.all(feed, NEWEST, 1))[0] ?? null;
    },

    history: (appId, channel, limit) =>
      updates.all({ appId: is(idOf(appId)), channel: is(channel) }, NEWEST, limit),

    async record(rows) {
      for (const row of rows) {
        await ofApp(
          db,
          row.appId,
          // False where it is there already.
          () => updates.insert(row).then(() => undefined),
          () => updates.remove(updates.key(row.id)),
        );
      }
    },

    async signingKey(appId) {
      const key = await keys.first(keys.key(appId));
      if (key === null) return null;
      const { appId: _, ...record } = key;
      return record;
    },

    async setSigningKey(appId, key) {
      const { _id, ...members } = keys.document({ appId, ...key });
      const write = async () => {
        if ((await keys.update(keys.key(appId), { $set: members })) !== null) return;
        if (await keys.insert({ appId, ...key })) return;
        await keys.update(keys.key(appId), { $set: members });
      };
      await ofApp(db, appId, write, () => keys.remove(keys.key(appId)));
    },

    async deleteSigningKey(appId) {
      return (await keys.remove(keys.key(appId))) > 0;
    },

    async reseal(appId, from, to) {
      const resealed = { ...keys.key(appId), sealed: is(from) };
      return (await keys.documents.updateOne(resealed, { $set: { sealed: to } })).matchedCount > 0;
    },
  };
}
