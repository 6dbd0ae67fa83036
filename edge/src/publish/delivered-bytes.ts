/** The bytes of an artifact in storage, if they are those that were hashed when it was delivered. */
import { isAppFluxError } from '@appflux/protocol';
import { journal } from '../journal.ts';
import type { ArtifactRecord } from '../metadata/metadata.ts';
import { zipSize } from '../sites/archive/layout.ts';
import { readZip } from '../sites/archive/stream.ts';
import { storedManifest } from '../sites/store/manifest.ts';
import { requirePacks } from '../sites/store/read-blob.ts';
import { sha256Of } from '../storage/digest.ts';
import { isSiteManifestKey } from '../storage/keys.ts';
import type { ByteRange, ObjectStore, StoredObject } from '../storage/storage.ts';

type Bytes = ReadableStream<Uint8Array>;
type Artifact = Pick<ArtifactRecord, 'key' | 'size' | 'sha256' | 'etag'>;

/** How many objects whose ETag is not the recorded one are remembered. */
const REMEMBERED = 1000;

/** Whether such an object has the recorded SHA-256, by key, ETag and SHA-256: hashing reads all of it. */
const hashed = new Map<string, boolean>();

/**
 * The bytes of an artifact, or of a range of it. Otherwise why there are none, which the Worker's log says, too.
 *
 * Storage's ETag names the bytes that were hashed when the artifact was delivered. It changes without them when a bucket
 * is restored from a backup or moved (the ETag of a multipart upload depends on its parts), so an object with another
 * one is hashed again. Records of version 0.1.0 have no ETag; for them only the size is compared.
 */
export async function deliveredBytes(
  objects: ObjectStore,
  artifact: Artifact,
  range: ByteRange | undefined,
): Promise<Bytes | 'missing' | 'damaged'> {
  const { key, size, etag } = artifact;
  if (isSiteManifestKey(key)) return siteArchive(objects, artifact, range);
  const object = await getOrHead(objects, artifact, range);
  if (object === null) {
    journal.error(`${key} is not in storage`);
    return 'missing';
  }
  if (object.body !== null && object.size === size && object.etag === (etag ?? object.etag))
    return object.body;
  await object.body?.cancel();
  if (object.size === size && (await hasSha256(objects, artifact, object.etag))) {
    const again = await objects.get(key, range);
    if (again?.etag === object.etag) return again.body;
    await again?.body.cancel();
  }
  journal.error(
    `${key} has ${object.size} bytes and the ETag ${object.etag} in storage; on record are ${size} and ${etag ?? 'none'}`,
  );
  return 'damaged';
}

/** The ZIP of a published site, which is generated from its manifest and its packs. */
async function siteArchive(
  objects: ObjectStore,
  { key, size }: Artifact,
  range: ByteRange | undefined,
): Promise<Bytes | 'missing' | 'damaged'> {
  try {
    const stored = await storedManifest(objects, key);
    if (stored === null) {
      journal.error(`${key} is not in storage`);
      return 'missing';
    }
    const { manifest } = stored;
    if (zipSize(manifest) !== size) {
      journal.error(`the ZIP of ${key} has ${zipSize(manifest)} bytes; on record are ${size}`);
      return 'damaged';
    }
    // While the answer is not begun, it can still say that something is lost.
    await requirePacks(objects, manifest);
    return readZip(objects, manifest, range ?? { offset: 0, length: size });
  } catch (error) {
    if (isAppFluxError(error, 'artifact_damaged')) return 'damaged';
    throw error;
  }
}

/** A shorter object than was delivered may not have the range: then it is described without its bytes. */
async function getOrHead(
  objects: ObjectStore,
  { key, size }: Artifact,
  range: ByteRange | undefined,
): Promise<(StoredObject & { body: Bytes | null }) | null> {
  try {
    return await objects.get(key, range);
  } catch (error) {
    const stored = range === undefined ? null : await objects.head(key);
    if (stored === null || stored.size === size) throw error;
    return { ...stored, body: null };
  }
}

/** Whether the object that has this ETag now has the artifact's SHA-256. */
async function hasSha256(objects: ObjectStore, { key, sha256 }: Artifact, etag: string): Promise<boolean> {
  const name = `${key} ${etag} ${sha256}`;
  const known = hashed.get(name);
  if (known !== undefined) return known;
  const object = await objects.get(key);
  if (object === null) return false;
  if (object.etag !== etag) {
    await object.body.cancel();
    return false;
  }
  const same = (await sha256Of(object.body)) === sha256;
  const oldest = hashed.keys().next().value;
  if (hashed.size >= REMEMBERED && oldest !== undefined) hashed.delete(oldest);
  hashed.set(name, same);
  return same;
}
