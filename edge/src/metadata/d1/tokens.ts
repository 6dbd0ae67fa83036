import type { Role, Scope } from '@appflux/protocol';
import type { TokenKind, TokenRecord, TokenStore } from '../metadata.ts';
import { json, number, text, textOrNull } from './columns.ts';
import type { Database, Row } from './database.ts';
import { listPage, type Where } from './list.ts';

/** Of this kind and hash, and not run out. */
const IS_GOOD = 'kind = ? AND hash = ? AND (expires_at IS NULL OR expires_at > ?)';

export function createTokenStore(database: Database): TokenStore {
  return {
    async insert(token) {
      await database.run(
        `INSERT INTO tokens
           (id, owner_id, kind, name, scopes, role, app_id, created_by, hash, expires_at, last_used_at, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING`,
        token.id,
        token.ownerId,
        token.kind,
        token.name,
        JSON.stringify(token.scopes),
        token.role,
        token.appId,
        token.createdBy,
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

    async byId(ownerId, kind, id) {
      const row = await database.first(
        'SELECT * FROM tokens WHERE id = ? AND owner_id = ? AND kind = ?',
        id,
        ownerId,
        kind,
      );
      return row && toToken(row);
    },

    list(ownerId, kind, page, narrowed) {
      const where: Where = { owner_id: ownerId, kind };
      if (narrowed && 'appId' in narrowed) where.app_id = narrowed.appId;
      if (narrowed && 'createdBy' in narrowed) where.created_by = narrowed.createdBy;
      return listPage(database, 'tokens', where, page, toToken);
    },

    async count(ownerId, kind, narrowed) {
      const [condition, ...values] = narrowed ? [' AND app_id = ?', narrowed.appId] : [''];
      const row = await database.first(
        `SELECT count(*) AS tokens FROM tokens WHERE owner_id = ? AND kind = ?${condition}`,
        ownerId,
        kind,
        ...values,
      );
      return row === null ? 0 : number(row, 'tokens');
    },

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

    async deleteMadeBy(ownerId, userId) {
      await database.run('DELETE FROM tokens WHERE owner_id = ? AND created_by = ?', ownerId, userId);
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
    role: textOrNull(row, 'role') as Role | null,
    appId: textOrNull(row, 'app_id'),
    createdBy: textOrNull(row, 'created_by'),
    hash: text(row, 'hash'),
    expiresAt: textOrNull(row, 'expires_at'),
    lastUsedAt: textOrNull(row, 'last_used_at'),
    createdAt: text(row, 'created_at'),
  };
}
