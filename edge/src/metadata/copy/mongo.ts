/** MongoDB's collections as they are copied. */
import type { Db } from 'mongodb';
import type { DeploymentRecord } from '../metadata.ts';
import { SHAPES } from '../mongo/collections.ts';
import { drawnOf } from '../mongo/deployments.ts';
import { type Document, idOf, toDocument, toRecord } from '../mongo/documents.ts';
import type { Collection, Copied, Copyable } from './copy.ts';

type Kept = Exclude<Collection, 'owner'>;

/** The metadata in a MongoDB database that has its indexes. `publicUrl` as for createMongoMetadata. */
export function mongoCopyable(db: Db, publicUrl: string | null): Copyable {
  const documents = (name: string) => db.collection<Document>(name);
  const keyOf = (collection: Kept, id: string) =>
    (SHAPES[collection].ids as readonly string[]).includes(SHAPES[collection].key) ? idOf(id) : id;

  function toCopied(collection: Kept, document: Document): Copied {
    const shape = SHAPES[collection];
    const record = toRecord<Record<string, unknown>>(shape, document, true);
    return { ...record, id: String(record[shape.key]) };
  }

  function fromCopied(collection: Kept, { id, ...record }: Copied): Document {
    const shape = SHAPES[collection];
    const drawn =
      collection === 'deployments'
        ? drawnOf({ id, ...record } as unknown as DeploymentRecord, publicUrl)
        : {};
    return toDocument(shape, { ...record, [shape.key]: id }, drawn);
  }

  return {
    async page(collection, after, limit) {
      if (collection === 'owner') {
        const owner = after === null ? await documents('instance').findOne({ _id: 'owner' }) : null;
        return owner === null ? [] : [{ id: 'owner', userId: owner.user.id }];
      }
      const filter = after === null ? {} : { _id: { $gt: keyOf(collection, after) } };
      const page = await documents(collection).find(filter).sort({ _id: 1 }).limit(limit).toArray();
      return page.map((document) => toCopied(collection, document));
    },

    async put(collection, records) {
      if (collection === 'owner') {
        for (const { userId } of records) {
          const user = await documents('users').findOne({ _id: String(userId) });
          if (user === null) throw new Error(`The owner ${userId} is not among the users`);
          const named = { user: toRecord(SHAPES.users, user) };
          await documents('instance').updateOne({ _id: 'owner' }, { $set: named }, { upsert: true });
        }
        return;
      }
      await documents(collection).bulkWrite(
        records.map((record) => {
          const { _id, ...members } = fromCopied(collection, record);
          const fresh = collection === 'deployments' ? { buildLogs: [], releasePending: false } : null;
          const update = { $set: members, ...(fresh === null ? {} : { $setOnInsert: fresh }) };
          return { updateOne: { filter: { _id }, update, upsert: true } };
        }),
      );
      if (collection !== 'members') return;
      for (const { teamId, userId, role } of records) {
        if (role !== 'owner') continue;
        const team = { $addToSet: { owners: userId } };
        await documents('teams').updateOne({ _id: String(teamId) }, team, { upsert: true });
      }
    },

    async last(collection) {
      if (collection === 'owner') return null;
      const [last] = await documents(collection).find({}).sort({ _id: -1 }).limit(1).toArray();
      return last === undefined ? null : toCopied(collection, last).id;
    },
  };
}
