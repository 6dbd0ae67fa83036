/** Draws how deployments ended for those that an earlier version has kept, once. */
import type { Db } from 'mongodb';
import { endOf } from '../analytics.ts';
import type { DeploymentRecord } from '../metadata.ts';
import { SHAPES } from './collections.ts';
import { type Document, toRecord } from './documents.ts';

/** How many are written at a time. */
const BATCH = 500;

/**
 * Runs before the indexes are made: that there is none of `endedOn` yet says that this was not done, or not to its
 * end. What was done already is not done again.
 */
export async function drawEnds(db: Db): Promise<void> {
  const deployments = db.collection<Document>('deployments');
  if ((await db.listCollections({ name: 'deployments' }).toArray()).length === 0) return;
  if ((await deployments.indexes()).some(({ key }) => 'endedOn' in key)) return;
  const undrawn = deployments.find(
    { finishedAt: { $ne: null }, endedOn: { $exists: false } },
    { projection: { buildLogs: 0 } },
  );
  let batch: Parameters<typeof deployments.bulkWrite>[0][number][] = [];
  for await (const document of undrawn) {
    const end = endOf(toRecord<DeploymentRecord>(SHAPES.deployments, document));
    const set = { endedOn: end?.endedOn ?? null, waitedSeconds: end?.waitedSeconds ?? null };
    batch.push({ updateOne: { filter: { _id: document._id }, update: { $set: set } } });
    if (batch.length < BATCH) continue;
    await deployments.bulkWrite(batch);
    batch = [];
  }
  if (batch.length > 0) await deployments.bulkWrite(batch);
}
