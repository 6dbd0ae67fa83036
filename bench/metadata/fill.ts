/**
 * Fills a backend: like the copy of an instance from one backend to the other, without looking for existing records.
 */
import { endOf } from '../../edge/src/metadata/analytics.ts';
import { addDays, type KeptDay } from '../../edge/src/metadata/build-days.ts';
import type { Collection, Copied, Copyable } from '../../edge/src/metadata/copy/copy.ts';
import { copiedApp, copiedDeployment, type Team } from './records.ts';

/** How many records are written in one batch. */
const BATCH = 500;

export async function fill(backend: Copyable, team: Team, progress: (text: string) => void): Promise<void> {
  await put(backend, 'apps', team.apps.map(copiedApp));
  const days = new Map<string, KeptDay>();
  let written = 0;
  for (const batch of batches(team.deployments())) {
    await backend.put('deployments', batch.map(copiedDeployment));
    for (const record of batch) {
      const end = endOf(record);
      if (end !== null) addDays(days, record, end);
    }
    written += batch.length;
    if (written % 20_000 === 0) progress(`${written} deployments written`);
  }
  await put(backend, 'buildDays', copiedDays(days.values()));
  await put(backend, 'downloads', team.downloads());
}

function* copiedDays(days: Iterable<KeptDay>): Generator<Copied> {
  for (const day of days) yield { ...day };
}

async function put(backend: Copyable, collection: Collection, records: Iterable<Copied>): Promise<void> {
  for (const batch of batches(records)) await backend.put(collection, batch);
}

function* batches<Item>(items: Iterable<Item>): Generator<Item[]> {
  let batch: Item[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
