import type { RefreshTokenRecord, SessionStore } from '../metadata.ts';
import { text, textOrNull } from './columns.ts';
import type { Database, Row, Value } from './database.ts';

const INSERT = 'INSERT INTO refresh_tokens (hash, session_id, user_id, expires_at, used_at)';

const valuesOf = (token: RefreshTokenRecord): Value[] => [
  token.hash,
  token.sessionId,
  token.userId,
  token.expiresAt,
  token.usedAt,
];

export function createSessionStore(database: Database): SessionStore {
  return {
    async insert(token) {
      await database.run(`${INSERT} VALUES (?, ?, ?, ?, ?)`, ...valuesOf(token));
    },

    async insertAfter(token, predecessorHash) {
      const inserted = await database.run(
        `${INSERT} SELECT ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM refresh_tokens WHERE hash = ?)`,
        ...valuesOf(token),
        predecessorHash,
      );
      return inserted > 0;
    },

    async byHash(hash) {
      const row = await database.first('SELECT * FROM refresh_tokens WHERE hash = ?', hash);
      return row && toRefreshToken(row);
    },

    async isAlive(sessionId, now) {
      const row = await database.first(
        'SELECT 1 FROM refresh_tokens WHERE session_id = ? AND expires_at > ? LIMIT 1',
        sessionId,
        now,
      );
      return row !== null;
    },

    async use(hash, usedAt) {
      const used = await database.run(
        'UPDATE refresh_tokens SET used_at = ? WHERE hash = ? AND used_at IS NULL',
        usedAt,
        hash,
      );
      return used > 0;
    },

    async endSession(sessionId) {
      await database.run('DELETE FROM refresh_tokens WHERE session_id = ?', sessionId);
    },

    async endSessionsOf(userId, exceptSessionId) {
      await database.run(
        'DELETE FROM refresh_tokens WHERE user_id = ? AND session_id IS NOT ?',
        userId,
        exceptSessionId,
      );
    },
  };
}

const toRefreshToken = (row: Row): RefreshTokenRecord => ({
  hash: text(row, 'hash'),
  sessionId: text(row, 'session_id'),
  userId: text(row, 'user_id'),
  expiresAt: text(row, 'expires_at'),
  usedAt: textOrNull(row, 'used_at'),
});
