/** Deleting an App: its builds are stopped, then everything that it has left behind is removed. */
import type { Env } from '../env.ts';
import type { AppRecord, Metadata } from '../metadata/metadata.ts';
import { appPrefix } from '../storage/keys.ts';
import type { ObjectStore } from '../storage/storage.ts';

export interface Parts {
  env: Env;
  metadata: Metadata;
  objects: ObjectStore;
}

/**
 * Removes an App with its deployments' objects, their files in storage and its records. When a part of it
 * fails it throws, and calling it again goes on where it stopped: the App's own record goes last.
 */
export async function deleteApp(app: AppRecord, { env, metadata, objects }: Parts): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await metadata.deployments.list(
      { ownerId: app.ownerId, appId: app.id },
      { limit: 100, ...(cursor === undefined ? {} : { cursor }) },
    );
    for (const { id } of page.items) await env.DEPLOYMENTS.getByName(id).destroy();
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  for (;;) {
    const { keys } = await objects.list(appPrefix(app.id));
    if (keys.length === 0) break;
    await objects.delete(keys);
  }
  await metadata.apps.delete(app.id);
}
