/** The published updates of deployments, as their manifests describe them. */
import { ExpoUpdateMeta, type SiteEntry, type SiteManifest, siteFile } from '@appflux/protocol';
import type { Env } from '../../../env.ts';
import { siteManifest } from '../../store/manifest.ts';

export interface Publication {
  readonly manifest: Pick<SiteManifest, 'packs'>;
  readonly meta: ExpoUpdateMeta;
  /** The SHA-256 of each file by its path. */
  readonly sha256: ReadonlyMap<string, string>;
  /** The files by their SHA-256, each once, with the content type that apps are given. */
  readonly assets: ReadonlyMap<string, { readonly entry: SiteEntry; readonly contentType: string }>;
}

/** Publications that this isolate has read. They never change; retention removes their manifests with their packs. */
const remembered = new Map<string, Publication>();
const REMEMBERED = 8;

/** What a deployment has published; null if that is no update, or retention removed it. */
export async function publicationOf(
  env: Env,
  deployment: { readonly id: string; readonly appId: string },
): Promise<Publication | null> {
  // By app, too: a deployment of another app is none of this one.
  const key = `${deployment.appId} ${deployment.id}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const manifest = await siteManifest(env, deployment);
  const publication = manifest === null ? null : publicationIn(manifest);
  if (publication === null) return null;
  const oldest = remembered.keys().next().value;
  if (remembered.size >= REMEMBERED && oldest !== undefined) remembered.delete(oldest);
  remembered.set(key, publication);
  return publication;
}

/** What a manifest says of an update; null if it is of another kind. */
export function publicationIn(manifest: SiteManifest): Publication | null {
  const meta = ExpoUpdateMeta.safeParse(manifest.meta);
  if (manifest.kind !== 'expo' || !meta.success) return null;
  const types = new Map<string, string>();
  for (const update of [meta.data.android, meta.data.ios]) {
    for (const { path, contentType } of update?.assets ?? []) types.set(path, contentType);
    if (update !== undefined) types.set(update.bundle.path, 'application/javascript');
  }
  const sha256 = new Map<string, string>();
  const assets = new Map<string, { entry: SiteEntry; contentType: string }>();
  for (const entry of manifest.files) {
    const { path, sha256: hash } = siteFile(entry);
    const contentType = types.get(path);
    // Only what an update consists of is given away.
    if (contentType === undefined || hash === '') continue;
    sha256.set(path, hash);
    assets.set(hash, { entry, contentType });
  }
  return { manifest: { packs: manifest.packs }, meta: meta.data, sha256, assets };
}
