/** Publishes a pack that a runner has uploaded: checks it, applies its index to the base, and registers the result. */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import {
  AppFluxError,
  applySiteIndex,
  type DeploymentSite,
  encodeSiteManifest,
  MAX_SITE_JSON_BYTES,
  readSiteIndex,
  readSitePackHeader,
  SITE_PACK_HEADER_BYTES,
  type SiteIndex,
  type SiteManifest,
} from '@appflux/protocol';
import { createGate } from '../../storage/gate.ts';
import { packNameOf, siteManifestKey } from '../../storage/keys.ts';
import { PieceReader } from '../../storage/read.ts';
import type { ObjectStore } from '../../storage/storage.ts';
import { zipSize } from '../archive/layout.ts';
import { zipDigest } from '../archive/stream.ts';
import type { PublishRequest } from '../store/decide.ts';
import { storedManifest } from '../store/manifest.ts';
import type { PublishOutcome } from '../store/site-store.ts';
import { baseGone, SiteRefused } from './site-refused.ts';
import { verifyContents } from './verify.ts';

export interface UploadedPack {
  readonly appId: string;
  readonly deploymentId: string;
  readonly attempt: number;
  readonly branch: string | null;
  readonly environment: string;
  /** Its name at the app's store of sites. */
  readonly name: string;
  readonly key: string;
  readonly size: number;
  /** What the artifacts of the deployment may have in all, in bytes. */
  readonly maxBytes: number;
}

/** The artifact that stands for the site: a ZIP that is generated from its manifest. */
export interface PublishedSite {
  /** The manifest's key. */
  readonly key: string;
  readonly size: number;
  readonly sha256: string;
  /** Of the manifest's bytes. */
  readonly manifestSha256: string;
  /** Null for what is no web site, such as the update of an Expo app. */
  readonly site: DeploymentSite | null;
}

export interface PublishParts {
  readonly objects: ObjectStore;
  /** The app's store of sites. */
  readonly publish: (request: PublishRequest, manifest: Uint8Array) => Promise<PublishOutcome>;
}

/** A publication holds the index and two manifests in memory, and an isolate has 128 MB for everything. */
const oneOfFew = createGate(2);

/**
 * Publishes a pack. Done again it gives the same. Throws SiteRefused when the pack is invalid or its base is gone, and
 * AppFluxError `unavailable` when storage doesn't respond.
 */
export const publishPack = (pack: UploadedPack, parts: PublishParts): Promise<PublishedSite> =>
  oneOfFew(() => publishNow(pack, parts));

async function publishNow(pack: UploadedPack, { objects, publish }: PublishParts): Promise<PublishedSite> {
  const { appId, deploymentId, size, maxBytes } = pack;
  const { manifest, figures } = await checkedManifest(pack, objects);
  if (zipSize(manifest) > maxBytes)
    throw new SiteRefused(`The artifacts are larger than ${Math.round(maxBytes / 1e6)} MB in all`);
  const zip = await zipDigest(objects, manifest);
  const bytes = await encodeSiteManifest(manifest).catch((error: unknown) => {
    throw error instanceof RangeError ? new SiteRefused(error.message) : error;
  });
  const manifestSha256 = sha256(bytes);
  const outcome = await publish(
    {
      deploymentId,
      attempt: pack.attempt,
      branch: pack.branch,
      environment: pack.environment,
      pack: { name: pack.name, size },
      packs: manifest.packs.map((used) => packNameOf(used.key)),
      manifest: { size: bytes.length, sha256: manifestSha256 },
    },
    bytes,
  );
  if (outcome === 'unavailable')
    throw new AppFluxError('unavailable', "The storage doesn't respond", { retryAfterSeconds: 5 });
  if (outcome !== 'ok') throw baseGone();
  return {
    key: siteManifestKey(appId, deploymentId),
    ...zip,
    manifestSha256,
    site:
      manifest.kind === 'site'
        ? { kind: manifest.server === undefined ? 'static' : 'server', ...figures }
        : null,
  };
}

/** The manifest of the publication, whose new contents have been checked. Throws like `publishPack`. */
async function checkedManifest(
  { appId, deploymentId, key, size, maxBytes }: UploadedPack,
  objects: ObjectStore,
): Promise<{ manifest: SiteManifest; figures: Omit<DeploymentSite, 'kind'> }> {
  const object = await objects.get(key);
  if (object === null) throw baseGone();
  const reader = new PieceReader(object.body);
  try {
    const { index, blobsStart } = await readIndex(reader, size);
    if (index.add.reduce((sum, file) => sum + file.size, 0) > maxBytes)
      throw new SiteRefused(`The files of the site are larger than ${Math.round(maxBytes / 1e6)} MB in all`);
    const base = index.base && (await baseOf(objects, appId, index.base));
    const applied = applySiteIndex(base, index, { key, size, blobsStart }, deploymentId);
    if (applied.outcome === 'invalid') throw new SiteRefused(applied.message);
    await verifyContents(index.add, reader, size - blobsStart);
    return applied;
  } finally {
    await reader.cancel();
  }
}

async function readIndex(
  reader: PieceReader,
  size: number,
): Promise<{ index: SiteIndex; blobsStart: number }> {
  if (size < SITE_PACK_HEADER_BYTES) throw new SiteRefused('This is not a pack of a site');
  const head = await reader.all(SITE_PACK_HEADER_BYTES);
  const header = readSitePackHeader(head);
  if (header.outcome === 'invalid') throw new SiteRefused(header.message);
  if (header.blobsStart > size) throw new SiteRefused('The pack ends within its index');
  const json = await reader.all(header.blobsStart - SITE_PACK_HEADER_BYTES);
  requireModest(json);
  const bytes = new Uint8Array(header.blobsStart);
  bytes.set(head);
  bytes.set(json, head.length);
  const read = await readSiteIndex(bytes);
  if (read.outcome === 'invalid') throw new SiteRefused(read.message);
  return read;
}

/** A stream would decompress a piece of its input as a whole: an index that is a bomb must not come so far. */
function requireModest(gzipped: Uint8Array): void {
  try {
    gunzipSync(gzipped, { maxOutputLength: MAX_SITE_JSON_BYTES });
  } catch {
    // Not gzip, cut off, or larger.
    throw new SiteRefused('The index of the pack is damaged or too large');
  }
}

/** The manifest that the index continues, if it is still the one that the runner has seen. */
async function baseOf(
  objects: ObjectStore,
  appId: string,
  { deploymentId, sha256: expected }: NonNullable<SiteIndex['base']>,
): Promise<SiteManifest> {
  const base = await storedManifest(objects, siteManifestKey(appId, deploymentId));
  if (base === null || sha256(base.bytes) !== expected) throw baseGone();
  return base.manifest;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
