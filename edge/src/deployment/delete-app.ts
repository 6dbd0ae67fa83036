/** Deleting an App: its builds are stopped, then everything that it has left behind is removed. */
import { AppFluxError } from '@appflux/protocol';
import { deadLettersOf } from '../dead-letters/object.ts';
import type { Env } from '../env.ts';
import type { AppRecord, Metadata } from '../metadata/metadata.ts';
import { appPrefix, keysOfUpload } from '../storage/keys.ts';
import { removeBelow } from '../storage/remove.ts';
import type { ObjectStore, Uploads } from '../storage/storage.ts';
import { deploymentOf } from './stub.ts';

/** Deployments that are removed at the same time. */
const AT_ONCE = 20;

export interface Parts {
  env: Env;
  metadata: Metadata;
  objects: ObjectStore;
  uploads: Uploads;
}

/**
 * Removes an App with its deployments' objects, their files in storage, the uploads that only it was deployed from, and
 * its records. What is public goes first and its own record last: when a part of it fails it throws, and calling it
 * again goes on where it stopped.
 */
export async function deleteApp(app: AppRecord, parts: Parts): Promise<void> {
  const { metadata, objects } = parts;
  await metadata.apps.update(app.id, { release: null });
  await removeDeployments(app, parts);
  await removeUploads(app, parts);
  await removeBelow(objects, appPrefix(app.id));
  await metadata.apps.delete(app.id);
}

async function removeDeployments({ id: appId, ownerId }: AppRecord, { env, metadata }: Parts): Promise<void> {
  for (;;) {
    const { items } = await metadata.deployments.list({ ownerId, appId }, { limit: AT_ONCE });
    if (items.length === 0) return;
    const ids = items.map(({ id }) => id);
    const removed = await Promise.all(ids.map((id) => deploymentOf(env, id).destroy()));
    if (removed.includes(false)) {
      throw new AppFluxError('unavailable', 'Storage does not answer: not all of the app is removed', {
        hint: 'Delete it once more in a few seconds; what is gone stays gone.',
        retryAfterSeconds: 5,
      });
    }
    await metadata.idempotency.forget(ownerId, ids);
    await deadLettersOf(env).forget(ids);
    await metadata.deployments.delete(ids);
  }
}

async function removeUploads({ id: appId, ownerId }: AppRecord, { metadata, objects }: Parts): Promise<void> {
  for (;;) {
    const uploads = await metadata.uploads.list(ownerId, appId);
    if (uploads.length === 0) return;
    for (const { id, key, appIds } of uploads) {
      if (appIds.some((other) => other !== appId)) {
        await metadata.uploads.unuse(id, appId);
        continue;
      }
      await objects.delete(keysOfUpload(key));
      await metadata.uploads.delete(id);
    }
  }
}
