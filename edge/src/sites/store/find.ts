/** Finds the publications of an app that are in storage, for a store of sites that has lost its record of them. */
import { isAppFluxError } from '@appflux/protocol';
import { packNameOf, siteManifestKey, siteManifestPrefix, sitePackKey } from '../../storage/keys.ts';
import type { ObjectStore } from '../../storage/storage.ts';
import type { Found } from './decide.ts';
import { storedManifest } from './manifest.ts';

/**
 * All publications of an app. A manifest that is damaged counts as one without packs. Throws AppFluxError `unavailable`
 * if storage doesn't respond.
 */
export async function findPublications(objects: ObjectStore, appId: string): Promise<Found[]> {
  const prefix = siteManifestPrefix(appId);
  const found: Found[] = [];
  let cursor: string | undefined;
  do {
    const page = await objects.list(prefix, cursor);
    for (const key of page.keys) {
      const deploymentId = /^([0-9a-f]{24})\.json\.gz$/.exec(key.slice(prefix.length))?.[1];
      if (deploymentId === undefined) continue;
      found.push({ deploymentId, packs: await packsOf(objects, appId, deploymentId) });
    }
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

async function packsOf(objects: ObjectStore, appId: string, deploymentId: string): Promise<Found['packs']> {
  const stored = await storedManifest(objects, siteManifestKey(appId, deploymentId)).catch(
    (error: unknown) => {
      if (isAppFluxError(error, 'artifact_damaged')) return null;
      throw error;
    },
  );
  // The ZIP of an earlier version belongs to its deployment.
  return (stored?.manifest.packs ?? [])
    .map(({ key, size }) => ({ key, name: packNameOf(key), size }))
    .filter(({ key, name }) => key === sitePackKey(appId, name))
    .map(({ name, size }) => ({ name, size }));
}
