/** The contents of a site's files, as storage has them: each is a range of a pack. */
import { AppFluxError, type SiteEntry, type SiteManifest, siteFile } from '@appflux/protocol';
import { journal } from '../../journal.ts';
import type { ByteRange, ObjectStore } from '../../storage/storage.ts';

/** Where a content is, in one of its encodings. */
export interface BlobPlace {
  /** The pack's key. */
  readonly key: string;
  /** Of the whole pack; an object of another size is not the one that was published. */
  readonly packSize: number;
  readonly offset: number;
  /** Bytes of this encoding. */
  readonly length: number;
}

/**
 * `own` is how the file is stored (`method` of its entry: as it is, or raw DEFLATE); `br` is its Brotli encoding.
 * Null if the file has no Brotli encoding.
 */
export function blobPlace(
  manifest: Pick<SiteManifest, 'packs'>,
  entry: SiteEntry,
  encoding: 'own' | 'br' = 'own',
): BlobPlace | null {
  const file = siteFile(entry);
  const pack = manifest.packs[file.pack];
  const at = encoding === 'br' ? file.br : file;
  if (pack === undefined || at === null) return null;
  return { key: pack.key, packSize: pack.size, offset: at.offset, length: at.length };
}

/**
 * The bytes at a place, or `range` of them, in that place's encoding. Throws AppFluxError `unavailable` if storage
 * doesn't respond, and `artifact_damaged` if the pack is gone or isn't the one that was published.
 */
export async function readBlob(
  objects: ObjectStore,
  { key, packSize, offset, length }: BlobPlace,
  range: ByteRange = { offset: 0, length },
): Promise<ReadableStream<Uint8Array>> {
  const bytes = Math.min(range.length, length - range.offset);
  if (bytes <= 0) return emptyBody();
  const object = await getOrHead(objects, key, packSize, { offset: offset + range.offset, length: bytes });
  if (object?.size === packSize && object.body !== null) return object.body;
  await object?.body?.cancel();
  requireSize(key, packSize, object);
  throw siteDamaged(key, 'it could not be read');
}

/** Throws AppFluxError `artifact_damaged` if a pack of a manifest is missing or isn't the one that was published. */
export async function requirePacks(
  objects: ObjectStore,
  { packs }: Pick<SiteManifest, 'packs'>,
): Promise<void> {
  await Promise.all(packs.map(async ({ key, size }) => requireSize(key, size, await objects.head(key))));
}

function requireSize(key: string, size: number, object: { readonly size: number } | null): void {
  if (object === null) throw siteDamaged(key, 'it is missing');
  if (object.size !== size) throw siteDamaged(key, `it has ${object.size} bytes instead of ${size}`);
}

/** A pack that is shorter than it was may not have the range: then it is described without its bytes. */
async function getOrHead(
  objects: ObjectStore,
  key: string,
  packSize: number,
  range: ByteRange,
): Promise<{ size: number; body: ReadableStream<Uint8Array> | null } | null> {
  try {
    return await objects.get(key, range);
  } catch (error) {
    const stored = await objects.head(key);
    if (stored === null || stored.size === packSize) throw error;
    return { size: stored.size, body: null };
  }
}

/** A site that can't be served because storage lost or changed an object of it. The details are logged. */
export function siteDamaged(key: string, why: string): AppFluxError {
  journal.error(`${key} belongs to a published site, but ${why}`);
  return new AppFluxError('artifact_damaged', 'The files of the site in storage are damaged', {
    hint: 'Redeploy to publish it again. The operator finds the details in the log of the edge.',
  });
}

const emptyBody = (): ReadableStream<Uint8Array> =>
  new ReadableStream({ start: (controller) => controller.close() });
