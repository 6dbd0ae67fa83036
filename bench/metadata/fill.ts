/** Fills a keeper: the way that moves an instance from one to the other, without asking whether it is there. */
import type { Collection, Copied, Copyable } from '../../edge/src/metadata/copy/copy.ts';
import { copiedApp, copiedDeployment, type Team } from './records.ts';

/** How many records are written at once. */
const BATCH = 500;

export async function fill(keeper: Copyable, team: Team, progress: (text: string) => void): Promise<void> {
  await put(keeper, 'apps', team.apps.map(copiedApp));
  let written = 0;
  for (const batch of batches(team.deployments())) {
    await keeper.put('deployments', batch.map(copiedDeployment));
    written += batch.length;
    if (written % 20_000 === 0) progress(`${written} deployments are written`);
  }
  await put(keeper, 'downloads', team.downloads());
}

async function put(keeper: Copyable, collection: Collection, records: Iterable<Copied>): Promise<void> {
  for (const batch of batches(records)) await keeper.put(collection, batch);
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
