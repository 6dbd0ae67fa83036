import type { GitProvider } from '@appflux/protocol';
import type { WebhookSecretRecord, WebhookSecretStore } from '../webhook-secrets.ts';
import { text, textOrNull } from './columns.ts';
import type { Database, Row } from './database.ts';

export function createWebhookSecretStore(database: Database): WebhookSecretStore {
  return {
    async insert({ id, ownerId, provider, name, sealed, lastUsedAt, createdAt }) {
      await database.run(
        `INSERT INTO webhook_secrets (id, owner_id, provider, name, sealed, last_used_at, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        id,
        ownerId,
        provider,
        name,
        sealed,
        lastUsedAt,
        createdAt,
      );
    },

    async list(ownerId) {
      const rows = await database.all(
        'SELECT * FROM webhook_secrets WHERE owner_id = ? ORDER BY created_at DESC, id DESC',
        ownerId,
      );
      return rows.map(toSecret);
    },

    async touch(id, lastUsedAt) {
      await database.run('UPDATE webhook_secrets SET last_used_at = ? WHERE id = ?', lastUsedAt, id);
    },

    async delete(ownerId, id) {
      const row = await database.first(
        'DELETE FROM webhook_secrets WHERE id = ? AND owner_id = ? RETURNING *',
        id,
        ownerId,
      );
      return row && toSecret(row);
    },

    async deleteOf(ownerId) {
      await database.run('DELETE FROM webhook_secrets WHERE owner_id = ?', ownerId);
    },

    async all(after, limit) {
      const rows = await database.all(
        'SELECT * FROM webhook_secrets WHERE id > ? ORDER BY id LIMIT ?',
        after ?? '',
        limit + 1,
      );
      const items = rows.slice(0, limit).map(toSecret);
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    async reseal(id, from, to) {
      const changed = await database.run(
        'UPDATE webhook_secrets SET sealed = ? WHERE id = ? AND sealed = ?',
        to,
        id,
        from,
      );
      return changed > 0;
    },
  };
}

const toSecret = (row: Row): WebhookSecretRecord => ({
  id: text(row, 'id'),
  ownerId: text(row, 'owner_id'),
  provider: text(row, 'provider') as GitProvider,
  name: text(row, 'name'),
  sealed: text(row, 'sealed'),
  lastUsedAt: textOrNull(row, 'last_used_at'),
  createdAt: text(row, 'created_at'),
});
