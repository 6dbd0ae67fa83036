/** Counts how deployments ended for those that an earlier version has kept, once. */
import type { Db } from 'mongodb';
import { endOf } from '../analytics.ts';
import { addDays, type KeptDay } from '../build-days.ts';
import type { DeploymentRecord } from '../metadata.ts';
import { SHAPES } from './collections.ts';
import { type Document, toDocument, toRecord } from './documents.ts';

/** How many are written at a time. */
const BATCH = 200;

/**
 * Runs before the indexes are made: that there is none of build days yet says that this was not done, or not to its end.
 * Done again it writes the same.
 */
export async function drawBuildDays(db: Db): Promise<void> {
  const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
  if (!names.includes('deployments')) return;
  const days = db.collection<Document>('buildDays');
  if (names.includes('buildDays') && (await days.indexes()).some(({ key }) => 'day' in key)) return;
  const deployments = db.collection<Document>('deployments');
  const ended = deployments
    .find({ finishedAt: { $ne: null } }, { projection: { buildLogs: 0, plan: 0, artifacts: 0, phases: 0 } })
    .sort({ ownerId: 1, createdAt: -1, _id: -1 });
  let owner = '';
  let counted = new Map<string, KeptDay>();
  const write = async () => {
    const documents = [...counted.values()].map((day) =>
      toDocument(SHAPES.buildDays, { ...day, recent: [] }),
    );
    for (let from = 0; from < documents.length; from += BATCH) {
      await days.bulkWrite(
        documents.slice(from, from + BATCH).map((document) => ({
          replaceOne: { filter: { _id: document._id }, replacement: document, upsert: true },
        })),
      );
    }
    counted = new Map();
  };
  for await (const document of ended) {
    const record = toRecord<DeploymentRecord>(SHAPES.deployments, document);
    const end = endOf(record);
    if (end === null) continue;
    if (record.ownerId !== owner) await write();
    owner = record.ownerId;
    addDays(counted, record, end);
  }
  await write();
  await deployments.updateMany({ finishedAt: { $ne: null }, skipped: null }, { $set: { counted: true } });
  await deployments.updateMany({ counted: { $exists: false } }, { $set: { counted: false } });
  // The indexes that analytics of earlier versions read.
  for (const { name, key } of await deployments.indexes())
    if (name !== undefined && 'endedOn' in key) await deployments.dropIndex(name);
}
