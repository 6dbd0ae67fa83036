import type { Db, Filter } from 'mongodb';
import type { TokenKind, TokenRecord, TokenStore } from '../metadata.ts';
import { is, Records } from './database.ts';
import type { Document } from './documents.ts';

/** Of this kind and hash, and not run out by `now`. */
const good = (kind: TokenKind, hash: string, now: string): Filter<Document> => ({
  hash: is(hash),
  kind: is(kind),
  $or: [{ expiresAt: null }, { expiresAt: { $gt: now } }],
});

export function createTokenStore(db: Db): TokenStore {
  const tokens = new Records<TokenRecord>(db, 'tokens');

  return {
    async insert(token) {
      if (await tokens.insert(token)) return;
      if ((await tokens.first({ hash: is(token.hash) })) === null) {
        throw new Error(`There is a token with the id ${token.id} already`);
      }
    },

    byHash: (kind, hash, now) => tokens.first(good(kind, hash, now)),

    byId: (ownerId, kind, id) => tokens.first({ ...tokens.key(id), ownerId: is(ownerId), kind: is(kind) }),

    list: (ownerId, kind, page, narrowed) =>
      tokens.page(
        {
          ownerId: is(ownerId),
          kind: is(kind),
          ...(narrowed && 'appId' in narrowed ? { appId: is(narrowed.appId) } : {}),
          ...(narrowed && 'createdBy' in narrowed ? { createdBy: is(narrowed.createdBy) } : {}),
        },
        page,
      ),

    count: (ownerId, kind, narrowed) =>
      tokens.documents.countDocuments({
        ownerId: is(ownerId),
        kind: is(kind),
        ...(narrowed ? { appId: is(narrowed.appId) } : {}),
      }),

    async touch(id, lastUsedAt) {
      await tokens.change(id, { lastUsedAt });
    },

    async take(kind, hash, now) {
      const taken = await tokens.documents.findOneAndDelete(good(kind, hash, now));
      return taken && tokens.record(taken);
    },

    delete: async (ownerId, kind, id) =>
      (await tokens.remove({ ...tokens.key(id), ownerId: is(ownerId), kind: is(kind) })) > 0,

    async deleteKind(ownerId, kind) {
      await tokens.remove({ ownerId: is(ownerId), kind: is(kind) });
    },

    async deleteMadeBy(ownerId, userId) {
      await tokens.remove({ ownerId: is(ownerId), createdBy: is(userId) });
    },
  };
}
