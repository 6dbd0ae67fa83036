import type { Scope } from '@appflux/protocol';
import type { TokenKind, TokenRecord, TokenStore } from '../metadata.ts';
import { json, text, textOrNull } from './columns.ts';
import type { Database, Row } from './database.ts';
import { listPage } from './list.ts';

/** Of this kind and hash, and not run out. */
const IS_GOOD = 'kind = ? AND hash = ? AND (expires_at IS NULL OR expires_at > ?)';

export function createTokenStore(database: Database): TokenStore {
  return {
    async insert(token) {
      await database.run(
        `INSERT INTO tokens (id, owner_id, kind, name, scopes, hash, expires_at, last_used_at, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING`,
        token.id,
        token.ownerId,
        token.kind,
        token.name,
        JSON.stringify(token.scopes),
        token.hash,
        token.expiresAt,
        token.lastUsedAt,
        token.createdAt,
      );
    },

    async byHash(kind, hash, now) {
      const row = await database.first(`SELECT * FROM tokens WHERE ${IS_GOOD}`, kind, hash, now);
      return row && toToken(row);
    },

    list: (ownerId, kind, page) => listPage(database, 'tokens', { owner_id: ownerId, kind }, page, toToken),

    async touch(id, lastUsedAt) {
      await database.run('UPDATE tokens SET last_used_at = ? WHERE id = ?', lastUsedAt, id);
    },

    async take(kind, hash, now) {
      const row = await database.first(`DELETE FROM tokens WHERE ${IS_GOOD} RETURNING *`, kind, hash, now);
      return row && toToken(row);
    },

    async delete(ownerId, kind, id) {
      const deleted = await database.run(
        'DELETE FROM tokens WHERE id = ? AND owner_id = ? AND kind = ?',
        id,
        ownerId,
        kind,
      );
      return deleted > 0;
    },

    async deleteKind(ownerId, kind) {
      await database.run('DELETE FROM tokens WHERE owner_id = ? AND kind = ?', ownerId, kind);
    },
  };
}

function toToken(row: Row): TokenRecord {
  return {
    id: text(row, 'id'),
    ownerId: text(row, 'owner_id'),
    kind: text(row, 'kind') as TokenKind,
    name: text(row, 'name'),
    scopes: json<Scope[]>(row, 'scopes'),
    hash: text(row, 'hash'),
    expiresAt: textOrNull(row, 'expires_at'),
    lastUsedAt: textOrNull(row, 'last_used_at'),
    createdAt: text(row, 'created_at'),
  };
}
