/** Completes what an earlier version has kept, once: numbers of deployments, and the repositories of apps. */
import { repoKeyOf } from '@appflux/protocol';
import type { Db } from 'mongodb';
import type { Document } from './documents.ts';

/** How many are written at a time. */
const BATCH = 500;

/**
 * Runs before the indexes are made: that there is none of `repoKey` yet says that this was not done, or not to its
 * end. What was done already is not done again.
 */
export async function drawTriggers(db: Db): Promise<void> {
  const apps = db.collection<Document>('apps');
  if ((await db.listCollections({ name: 'apps' }).toArray()).length === 0) return;
  if ((await apps.indexes()).some(({ key }) => 'repoKey' in key)) return;
  await writeInBatches(db, 'apps', repoKeys(db));
  await writeInBatches(db, 'deployments', numbers(db));
}

/** What is set of a document. */
type Change = readonly [id: Document['_id'], set: Record<string, unknown>];

async function* repoKeys(db: Db): AsyncGenerator<Change> {
  const unnamed = db
    .collection<Document>('apps')
    .find({ repoKey: { $exists: false } }, { projection: { source: 1 } });
  for await (const { _id, source } of unnamed)
    yield [_id, { repoKey: typeof source?.repoUrl === 'string' ? repoKeyOf(source.repoUrl) : null }];
}

/** Counts each app's deployments from 1, in the order in which they were created. */
async function* numbers(db: Db): AsyncGenerator<Change> {
  const all = db
    .collection<Document>('deployments')
    .find({}, { projection: { appId: 1, number: 1 } })
    .sort({ appId: 1, createdAt: 1, _id: 1 });
  let appId = '';
  let number = 0;
  for await (const deployment of all) {
    number = String(deployment.appId) === appId ? number + 1 : 1;
    appId = String(deployment.appId);
    if (deployment.number === undefined) yield [deployment._id, { number }];
  }
}

async function writeInBatches(db: Db, name: string, changes: AsyncIterable<Change>): Promise<void> {
  const documents = db.collection<Document>(name);
  let batch: Parameters<typeof documents.bulkWrite>[0][number][] = [];
  for await (const [_id, $set] of changes) {
    batch.push({ updateOne: { filter: { _id }, update: { $set } } });
    if (batch.length < BATCH) continue;
    await documents.bulkWrite(batch);
    batch = [];
  }
  if (batch.length > 0) await documents.bulkWrite(batch);
}
