/** Sizes of documents that deployments leave in MongoDB. */
import { BSON, MongoClient } from 'mongodb';
import { createIndexes } from '../../edge/src/metadata/mongo/collections.ts';
import { createMongoMetadata } from '../../edge/src/metadata/mongo/index.ts';
import { mongoForTests } from '../../stack/mongo/serve.ts';
import { lifeOf } from './life.ts';
import { type Size, teamOf } from './records.ts';

export interface SizeOnMongo {
  server: string;
  /** Bytes of BSON a deployment, by collection, largest first; without apps. */
  bytes: [string, number][];
  total: number;
}

/** FerretDB is slow with many; documents are alike, so that few are enough. */
const MOST = 40;

/** The same as `sizeOnD1` for MongoDB; null if there is no server. */
export async function sizeOnMongo(size: Size, progress: (text: string) => void): Promise<SizeOnMongo | null> {
  const server = await mongoForTests(process.env);
  if (server === null) return null;
  try {
    await using client = new MongoClient(server.uri, { ignoreUndefined: true });
    const db = client.db();
    await createIndexes(db);
    const { apps, deployments } = createMongoMetadata(db, 'https://apps.example');
    const few = { ...size, deployments: Math.min(MOST, size.deployments) };
    const team = teamOf(crypto.randomUUID(), few, Date.now());
    for (const app of team.apps) await apps.insert(app);
    let written = 0;
    for (const record of team.deployments()) {
      for (const [index, state] of lifeOf(record).entries()) await deployments.project(state, index + 1);
      written += 1;
      if (written % 20 === 0) progress(`${server.name}: ${written} deployments`);
    }
    const bytes: [string, number][] = [];
    for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
      if (name === 'apps') continue;
      const documents = await db.collection(name).find().toArray();
      const sum = documents.reduce((all, document) => all + BSON.calculateObjectSize(document), 0);
      if (sum > 0) bytes.push([name, sum / few.deployments]);
    }
    bytes.sort(([, one], [, other]) => other - one);
    return {
      server: server.name,
      bytes,
      total: bytes.reduce((sum, [, each]) => sum + each, 0),
    };
  } finally {
    await server.stop();
  }
}
