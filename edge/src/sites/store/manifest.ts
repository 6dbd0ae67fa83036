/** Reads what a deployment has published. */
import { encodeSiteManifest, readSiteManifest, type SiteManifest } from '@appflux/protocol';
import type { Env } from '../../env.ts';
import { journal } from '../../journal.ts';
import { metadataOf } from '../../metadata/index.ts';
import { isSite, isSiteZip } from '../../metadata/sites.ts';
import { sitesOf } from '../../objects/sites.ts';
import { objectsOf } from '../../storage/index.ts';
import { siteManifestKey } from '../../storage/keys.ts';
import { bytesOf } from '../../storage/read.ts';
import type { ObjectStore } from '../../storage/storage.ts';
import { type DeliveredZip, manifestOfZip } from '../imported/manifest-of-zip.ts';
import { siteDamaged } from './read-blob.ts';

/**
 * The manifest of a deployment's site; null if it has published none, or retention removed it. One that an earlier version
 * delivered as a ZIP gets its manifest now. The caller keeps it: each call reads storage. Throws AppFluxError
 * `unavailable` if storage doesn't respond, and `artifact_damaged` if the manifest is lost or is none.
 */
export async function siteManifest(
  env: Env,
  deployment: { readonly id: string; readonly appId: string },
): Promise<SiteManifest | null> {
  const key = siteManifestKey(deployment.appId, deployment.id);
  const stored = await storedManifest(objectsOf(env), key);
  if (stored !== null) return stored.manifest;
  const record = await metadataOf(env).deployments.byId(deployment.id);
  if (record === null || record.appId !== deployment.appId || !isSite(record)) return null;
  if (record.site !== null) throw siteDamaged(key, 'it is missing');
  const zip = record.artifacts.find(isSiteZip);
  return zip === undefined ? null : imported(env, record, zip);
}

/** The manifest of a delivered ZIP, which is stored from now on. */
async function imported(
  env: Env,
  { id, appId }: { readonly id: string; readonly appId: string },
  zip: DeliveredZip,
): Promise<SiteManifest | null> {
  const manifest = await manifestOfZip(objectsOf(env), id, zip);
  if (manifest === null) {
    journal.error(
      `${zip.key} was delivered as a site, but can't be served: it is damaged, or has too many files`,
    );
    return null;
  }
  try {
    await sitesOf(env, appId).adopt(id, await encodeSiteManifest(manifest));
  } catch (error) {
    // It can be served all the same, and the next isolate tries again.
    journal.error(`the manifest of ${zip.key} was not stored`, error);
  }
  return manifest;
}

/** The manifest with this key, and its bytes; null if there is none. Throws like `siteManifest`. */
export async function storedManifest(
  objects: ObjectStore,
  key: string,
): Promise<{ manifest: SiteManifest; bytes: Uint8Array<ArrayBuffer> } | null> {
  const object = await objects.get(key);
  if (object === null) return null;
  const bytes = await bytesOf(object.body);
  const read = await readSiteManifest(bytes);
  if (read.outcome === 'invalid') throw siteDamaged(key, read.message);
  return { manifest: read.manifest, bytes };
}
