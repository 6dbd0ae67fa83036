import type { Db } from 'mongodb';
import type { RefreshTokenRecord, SessionStore } from '../metadata.ts';
import { is, Records } from './database.ts';

export function createSessionStore(db: Db): SessionStore {
  const tokens = new Records<RefreshTokenRecord>(db, 'refreshTokens');

  return {
    async insert(token) {
      if (!(await tokens.insert(token))) throw new Error('There is a refresh token with this hash already');
    },

    async insertAfter(token, predecessorHash) {
      const alive = async () => (await tokens.first(tokens.key(predecessorHash))) !== null;
      if (!(await alive())) return false;
      await tokens.insert(token);
      // A session that ends in this moment takes the new token with it.
      if (await alive()) return true;
      await tokens.remove(tokens.key(token.hash));
      return false;
    },

    byHash: (hash) => tokens.first(tokens.key(hash)),

    async isAlive(sessionId, now) {
      return (await tokens.first({ sessionId: is(sessionId), expiresAt: { $gt: now } })) !== null;
    },

    async use(hash, usedAt) {
      const unused = { ...tokens.key(hash), usedAt: null };
      return (await tokens.documents.updateOne(unused, { $set: { usedAt } })).matchedCount > 0;
    },

    async endSession(sessionId) {
      await tokens.remove({ sessionId: is(sessionId) });
    },

    async endSessionsOf(userId, exceptSessionId) {
      await tokens.remove({
        userId: is(userId),
        ...(exceptSessionId === null ? {} : { sessionId: { $ne: exceptSessionId } }),
      });
    },
  };
}
