/** Reads what a deployment has published. */
import { readSiteManifest, type SiteManifest } from '@appflux/protocol';
import type { Env } from '../../env.ts';
import { objectsOf } from '../../storage/index.ts';
import { siteManifestKey } from '../../storage/keys.ts';
import { bytesOf } from '../../storage/read.ts';
import type { ObjectStore } from '../../storage/storage.ts';
import { siteDamaged } from './read-blob.ts';

/**
 * The manifest of a deployment's site; null if it has published none, or retention removed it. The caller keeps it: each
 * call reads storage. Throws AppFluxError `unavailable` if storage doesn't respond, and `artifact_damaged` if what it has
 * is no manifest.
 */
export async function siteManifest(
  env: Env,
  deployment: { readonly id: string; readonly appId: string },
): Promise<SiteManifest | null> {
  const stored = await storedManifest(objectsOf(env), siteManifestKey(deployment.appId, deployment.id));
  return stored?.manifest ?? null;
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
