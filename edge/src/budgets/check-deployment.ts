/** Checks the size budgets of a deployment that its runner has delivered. */
import type { SizeBudget, SizeBudgetResult } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import { metadataOf } from '../metadata/index.ts';
import type { ArtifactRecord } from '../metadata/metadata.ts';
import { createGate } from '../storage/gate.ts';
import { checkBudgets, type Published } from './check.ts';
import { publishedBy } from './published.ts';

/** What a runner has delivered. */
export interface Delivery {
  readonly id: string;
  readonly appId: string;
  readonly artifacts: readonly ArtifactRecord[];
}

/** A manifest takes tens of megabytes while it is read, and an isolate has 128 MB for everything. */
const oneOfFew = createGate(2);

/**
 * How a delivery compares with these budgets, and with the release of its app.
 * @throws AppFluxError like `siteManifest`, if the delivery itself can't be read
 */
export const checkDelivery = (
  env: Env,
  delivery: Delivery,
  budgets: readonly SizeBudget[],
): Promise<SizeBudgetResult[]> =>
  oneOfFew(async () => {
    const after = await publishedBy(env, delivery);
    return checkBudgets(budgets, after, await releaseOf(env, delivery));
  });

/** What the release of the app publishes; null if there is none, or it can't be read. */
async function releaseOf(env: Env, { id, appId }: Delivery): Promise<Published | null> {
  try {
    const { apps, deployments } = metadataOf(env);
    const release = (await apps.byId(appId))?.release ?? null;
    const record = release === null || release === id ? null : await deployments.byId(release);
    return record === null || record.artifactsRemovedAt !== null ? null : await publishedBy(env, record);
  } catch (error) {
    // The change in size is missing then; what is published is checked all the same.
    journal.error(`the release of the app ${appId} can't be compared with deployment ${id}`, error);
    return null;
  }
}
