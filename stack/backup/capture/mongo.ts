/** The metadata of an instance that keeps it in MongoDB: read in the pause, so nothing is written meanwhile. */
import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { BSON, MongoClient } from 'mongodb';
import { z } from 'zod';
import { databaseOf } from '../../../edge/src/metadata/mongo/connection.ts';
import { messageOf, StackProblem } from '../../problem.ts';
import type { FileEntry } from '../format/manifest.ts';
import type { SnapshotWriter } from '../format/write.ts';
import type { Outside } from './local.ts';

/** A collection's documents, one BSON document after another: what `mongodump` writes and `mongorestore` reads. */
const pathOf = (collection: string): string => `mongo/${collection}.bson`;

/** The collection whose documents a file of a snapshot has; null for any other file. */
export const collectionOf = (path: string): string | null => /^mongo\/([^/]+)\.bson$/.exec(path)?.[1] ?? null;

/** How long what workerd has sent before it stood still may be on its way, in milliseconds. */
const ARRIVES_WITHIN_MS = 200;

/** Documents that one call inserts. */
const BATCH = 500;

/** The database that a URI names, for as long as `use` takes. @throws StackProblem `backup_failed` */
async function withDatabase<Result>(
  uri: string,
  use: (database: ReturnType<MongoClient['db']>) => Promise<Result>,
) {
  try {
    await using client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000 });
    return await use(client.db(databaseOf(client)));
  } catch (cause) {
    if (cause instanceof StackProblem) throw cause;
    throw new StackProblem(
      'backup_failed',
      `MongoDB doesn't answer (${messageOf(cause)})`,
      'check MONGODB_URI',
      {
        cause,
      },
    );
  }
}

/** @param folder where copies of collections lie until they are stored */
export function mongoMetadata(uri: string, folder: string): Outside {
  let names: string[] = [];
  const file = (name: string) => join(folder, encodeURIComponent(name));
  return {
    before: async () => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    },

    during: async () => {
      await sleep(ARRIVES_WITHIN_MS);
      names = await withDatabase(uri, async (database) => {
        const collections = await database.listCollections({}, { nameOnly: true }).toArray();
        const own = collections.map(({ name }) => name).filter((name) => !name.startsWith('system.'));
        for (const name of own) {
          const out = createWriteStream(file(name), { mode: 0o600 });
          for await (const document of database.collection(name).find({}, { raw: true, batchSize: 1_000 })) {
            if (!out.write(document)) await once(out, 'drain');
          }
          out.end();
          await finished(out);
        }
        return own;
      });
    },

    after: async (writer: SnapshotWriter) => {
      for (const name of names) await writer.addFile({ path: pathOf(name), kind: 'file' }, file(name));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whether there is no document in the database. */
export function isEmptyDatabase(uri: string): Promise<boolean> {
  return withDatabase(uri, async (database) => {
    for (const { name } of await database.listCollections({}, { nameOnly: true }).toArray()) {
      if (!name.startsWith('system.') && (await database.collection(name).findOne({})) !== null) return false;
    }
    return true;
  });
}

const WithUrl = z.looseObject({ artifactUrl: z.string() });

/**
 * Inserts the documents of a snapshot, whose files lie below `folder`. The URLs of artifacts, which are there for other
 * readers of the database, get the instance's URL of today.
 */
export function insertDocuments(
  uri: string,
  files: readonly FileEntry[],
  folder: string,
  publicUrl: string,
): Promise<void> {
  return withDatabase(uri, async (database) => {
    for (const { path } of files) {
      const name = collectionOf(path);
      if (name === null) continue;
      let batch: BSON.Document[] = [];
      for await (const bytes of documentsIn(join(folder, path))) {
        const document = BSON.deserialize(bytes, { promoteValues: false, bsonRegExp: true });
        const artifact = WithUrl.safeParse({ artifactUrl: String(document.artifactUrl) });
        if (name === 'deployments' && artifact.success && document.artifactUrl != null) {
          document.artifactUrl = publicUrl + pathIn(artifact.data.artifactUrl);
        }
        batch.push(document);
        if (batch.length < BATCH) continue;
        await database.collection(name).insertMany(batch);
        batch = [];
      }
      if (batch.length > 0) await database.collection(name).insertMany(batch);
    }
  });
}

/** The path of a URL, or of what is one already. */
const pathIn = (url: string): string => URL.parse(url, 'http://any.invalid')?.pathname ?? url;

/** The documents in a file, each of which begins with its length. Source: https://bsonspec.org */
async function* documentsIn(path: string): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0);
  for await (const piece of createReadStream(path)) {
    rest = Buffer.concat([rest, piece]);
    while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
      const length = rest.readInt32LE(0);
      if (length < 5) throw new Error(`${path} holds something else than BSON`);
      yield rest.subarray(0, length);
      rest = rest.subarray(length);
    }
  }
  if (rest.length > 0) throw new Error(`${path} ends within a document`);
}
