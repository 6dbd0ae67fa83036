import type { IdempotencyStore } from '../metadata.ts';
import { text } from './columns.ts';
import type { Database } from './database.ts';

export function createIdempotencyStore(database: Database): IdempotencyStore {
  return {
    async claim(ownerId, key, { deploymentId, fingerprint, createdAt }) {
      const [, kept] = await database.batch([
        {
          sql: `INSERT INTO idempotency_keys (owner_id, key, deployment_id, fingerprint, created_at)
                VALUES (?, ?, ?, ?, ?) ON CONFLICT (owner_id, key) DO NOTHING`,
          values: [ownerId, key, deploymentId, fingerprint, createdAt],
        },
        {
          sql: 'SELECT deployment_id, fingerprint FROM idempotency_keys WHERE owner_id = ? AND key = ?',
          values: [ownerId, key],
        },
      ]);
      const row = kept?.rows[0];
      if (!row) throw new Error('An idempotency key was just written and is not there');
      return { deploymentId: text(row, 'deployment_id'), fingerprint: text(row, 'fingerprint') };
    },

    async forget(ownerId, deploymentIds) {
      await database.run(
        `DELETE FROM idempotency_keys
         WHERE owner_id = ? AND deployment_id IN (SELECT value FROM json_each(?))`,
        ownerId,
        JSON.stringify(deploymentIds),
      );
    },
  };
}
