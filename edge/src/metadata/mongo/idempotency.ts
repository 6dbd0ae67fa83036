import type { Db } from 'mongodb';
import type { IdempotencyStore } from '../metadata.ts';
import { is, Records } from './database.ts';

interface KeyRecord {
  id: string;
  ownerId: string;
  key: string;
  deploymentId: string;
  fingerprint: string;
  createdAt: string;
}

export function createIdempotencyStore(db: Db): IdempotencyStore {
  const keys = new Records<KeyRecord>(db, 'idempotencyKeys');

  return {
    async claim(ownerId, key, value) {
      const id = `${ownerId}:${key}`;
      const { deploymentId, fingerprint } = await keys.keep(id, { id, ownerId, key, ...value });
      return { deploymentId, fingerprint };
    },

    async forget(ownerId, deploymentIds) {
      await keys.remove({ ownerId: is(ownerId), deploymentId: { $in: [...deploymentIds] } });
    },
  };
}
