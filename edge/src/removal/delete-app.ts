/** Deleting an App: its builds are stopped, then everything that it has left behind is removed. */
import { AppFluxError } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { Budget, spendOnRemoval } from '../limits/budget.ts';
import type { AppRecord, Metadata, UploadRecord } from '../metadata/metadata.ts';
import { deadLettersOf } from '../objects/dead-letters.ts';
import { runtimeOf } from '../objects/runtime.ts';
import { sitesOf } from '../objects/sites.ts';
import { removerOf } from '../retention/object.ts';
import { removeState } from '../servers/state/remote.ts';
import { removeDomain } from '../sites/domains/check.ts';
import { forgetSite } from '../sites/hosts/resolve.ts';
import { appPrefix, keysOfUpload } from '../storage/keys.ts';
import { removeBelow } from '../storage/remove.ts';
import type { ObjectStore, Presigner } from '../storage/storage.ts';

/** How many deployments are removed in one call of the object that does it. */
const AT_ONCE = 100;

export interface Parts {
  env: Env;
  metadata: Metadata;
  objects: ObjectStore;
  presigner: Presigner;
}

/**
 * Removes an App with its deployments' objects, their files in storage, the uploads that only it was deployed from, and
 * its records. What is public goes first and its own record last: when a part of it fails, or there is more than `budget`
 * allows, it throws, and calling it again goes on where it stopped.
 */
export async function deleteApp(app: AppRecord, parts: Parts, budget = new Budget()): Promise<void> {
  const { metadata, objects } = parts;
  spendOnRemoval(budget, 8);
  await metadata.apps.update(app.id, { release: null });
  await removeDeployments(app, parts, budget);
  for (const domain of await metadata.domains.list(app.id)) await removeDomain(domain, parts);
  if (!(await sitesOf(parts.env, app.id).destroy())) throw onlyPartly();
  await runtimeOf(parts.env, app.id).destroy();
  if (!(await removeAllState(app, parts))) throw onlyPartly();
  await removeUploads(app, parts, budget);
  await removeBelow(objects, appPrefix(app.id));
  await metadata.apps.delete(app.id);
  forgetSite(app.id);
}

async function removeDeployments(
  { id: appId, ownerId }: AppRecord,
  { env, metadata }: Parts,
  budget: Budget,
): Promise<void> {
  for (;;) {
    const ids = await metadata.deployments.idsOf(appId, AT_ONCE);
    if (ids.length === 0) return;
    spendOnRemoval(budget, 5);
    // An object of its own, which may make as many requests as this one.
    if (!(await removerOf(env, appId).destroyDeployments(ids))) {
      throw onlyPartly();
    }
    await metadata.idempotency.forget(ownerId, ids);
    await deadLettersOf(env).forget(ids);
    await metadata.deployments.delete(ids);
  }
}

/** What the servers of the App's sites stored; false when there is more than one call removes. */
async function removeAllState({ id }: AppRecord, { env }: Parts): Promise<boolean> {
  return env.SERVERS === undefined || removeState(env.SERVERS, id, null);
}

const onlyPartly = () =>
  new AppFluxError('unavailable', 'Storage doesn’t respond; the app is only partly removed', {
    hint: 'Delete it again in a few seconds. What was removed stays removed.',
    retryAfterSeconds: 5,
  });

async function removeUploads(
  { id: appId, ownerId }: AppRecord,
  { metadata, objects }: Parts,
  budget: Budget,
): Promise<void> {
  for (;;) {
    const uploads = await metadata.uploads.list(ownerId, appId);
    if (uploads.length === 0) return;
    spendOnRemoval(budget, 4);
    const isShared = ({ appIds }: UploadRecord) => appIds.some((other) => other !== appId);
    const shared = uploads.filter(isShared).map(({ id }) => id);
    const own = uploads.filter((upload) => !isShared(upload));
    await metadata.uploads.unuse(shared, appId);
    if (own.length > 0) await objects.delete(own.flatMap(({ key }) => keysOfUpload(key)));
    await metadata.uploads.delete(own.map(({ id }) => id));
  }
}
