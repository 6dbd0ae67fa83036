/** Fills an empty MongoDB by inserting: the usual copy looks up each record by its key first. */
import type { Db } from 'mongodb';
import type { Copied, Copyable } from '../../edge/src/metadata/copy/copy.ts';
import { mongoCopyable } from '../../edge/src/metadata/copy/mongo.ts';
import type { DeploymentRecord } from '../../edge/src/metadata/metadata.ts';
import { SHAPES } from '../../edge/src/metadata/mongo/collections.ts';
import { drawnOf } from '../../edge/src/metadata/mongo/deployments.ts';
import { type Document, toDocument } from '../../edge/src/metadata/mongo/documents.ts';

/** The backend of a database that has its indexes and no data. `publicUrl` as for createMongoMetadata. */
export function emptyMongo(db: Db, publicUrl: string): Copyable {
  return {
    ...mongoCopyable(db, publicUrl),
    async put(collection, records) {
      if (collection === 'owner') throw new Error('The owner already exists');
      const shape = SHAPES[collection];
      const drawn = ({ id, ...record }: Copied) =>
        collection === 'deployments'
          ? {
              ...drawnOf({ id, ...record } as unknown as DeploymentRecord, publicUrl),
              buildLogs: [],
              releasePending: false,
            }
          : {};
      await db.collection<Document>(collection).insertMany(
        records.map((record) => {
          const { id, ...members } = record;
          return toDocument(shape, { ...members, [shape.key]: id }, drawn(record));
        }),
      );
    },
  };
}
