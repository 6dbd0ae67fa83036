/**
 * Ends uploads, so that what is kept are bytes that the edge has hashed and that nobody can replace.
 *
 * A presigned URL is good for an hour, whatever happens to the upload. So a single PUT goes to a key of its own, and its
 * bytes are copied to the key that they are kept under, which no presigned PUT leads to. The parts of a multipart upload
 * go to that key directly: a URL for a part is void when the upload is completed, on every S3 server.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
import { AppFluxError, type UploadedPart } from '@appflux/protocol';
import { sha256Of } from './digest.ts';
import { keptKey } from './keys.ts';
import type { ObjectStore, Presigner, StoredObject } from './storage.ts';

/** An upload as it was begun. */
export interface BegunUpload {
  /** The key that its bytes are PUT under. */
  key: string;
  multipartId: string | null;
  size: number;
  /** As it was announced, in hex; null when it was not. */
  sha256: string | null;
}

/** What is kept of it. */
export interface SettledUpload {
  key: string;
  etag: string;
  /** Computed from the stored bytes, in hex. */
  sha256: string;
}

/**
 * Ends an upload: joins its parts, checks size and SHA-256, and gives what is kept. Can be called again when it broke
 * off. Throws AppFluxError `upload_incomplete` when storage has no such bytes; what it has is then removed.
 */
export function settleUpload(
  storage: { objects: ObjectStore; presigner: Presigner },
  upload: BegunUpload,
  parts: UploadedPart[],
): Promise<SettledUpload> {
  return upload.multipartId === null
    ? settlePut(storage.objects, upload)
    : settleParts(storage, upload, upload.multipartId, parts);
}

async function settlePut(objects: ObjectStore, upload: BegunUpload): Promise<SettledUpload> {
  const { key, size } = upload;
  const kept = keptKey(key);
  const sha256 = upload.sha256 ?? (await read(objects, key))?.sha256;
  const copied = sha256 === undefined ? 'missing' : await objects.copyChecked(key, kept, { size, sha256 });
  if (copied === 'missing') {
    // An earlier call may have copied and removed it before it broke off.
    const earlier = await read(objects, kept);
    if (earlier === null) throw incomplete('Storage has no bytes of it');
    return settled(objects, upload, earlier);
  }
  if (copied === 'different') {
    const stored = await objects.head(key);
    await objects.delete([key]);
    throw incomplete(stored?.size === size ? OTHER_BYTES : otherSize(stored, size));
  }
  await objects.delete([key]);
  return { key: kept, etag: copied.etag, sha256: sha256 ?? '' };
}

async function settleParts(
  { objects, presigner }: { objects: ObjectStore; presigner: Presigner },
  upload: BegunUpload,
  multipartId: string,
  parts: UploadedPart[],
): Promise<SettledUpload> {
  await presigner.complete(upload.key, multipartId, parts);
  const stored = await read(objects, upload.key);
  if (stored === null) throw incomplete('Storage has no bytes of it');
  return settled(objects, upload, stored);
}

interface Read {
  object: StoredObject;
  sha256: string;
}

/** An object with the SHA-256 of its bytes; null when there is none. */
async function read(objects: ObjectStore, key: string): Promise<Read | null> {
  const found = await objects.get(key);
  if (found === null) return null;
  const { body, ...object } = found;
  try {
    return { object, sha256: await sha256Of(body) };
  } catch (cause) {
    throw new AppFluxError('unavailable', 'The storage closed the connection', {
      cause,
      retryAfterSeconds: 5,
    });
  }
}

/** What is kept, if it is what was announced; else it is removed and refused. */
async function settled(
  objects: ObjectStore,
  { size, sha256 }: BegunUpload,
  { object, sha256: found }: Read,
): Promise<SettledUpload> {
  if (object.size === size && found === (sha256 ?? found))
    return { key: object.key, etag: object.etag, sha256: found };
  await objects.delete([object.key]);
  throw incomplete(object.size === size ? OTHER_BYTES : otherSize(object, size));
}

const OTHER_BYTES = 'The bytes in storage do not have the SHA-256 that was announced';

const otherSize = (stored: { size: number } | null, size: number) =>
  `Storage has ${stored?.size ?? 'no'} bytes of it, and ${size} were announced`;

const incomplete = (message: string) =>
  new AppFluxError('upload_incomplete', message, {
    hint: 'PUT the bytes again, or start a new upload with the size and the SHA-256 of the file.',
  });
