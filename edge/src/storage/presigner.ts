/**
 * Presigned S3 requests, with which uploads go past the Worker; multipart for what is large.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html and, for what R2 asks of parts,
 * https://developers.cloudflare.com/r2/objects/multipart-objects/
 */
import { AppFluxError, MULTIPART_FROM_BYTES, type PartGrant, type UploadedPart } from '@appflux/protocol';
import { incomingKey } from './keys.ts';
import { retrying } from './retry.ts';
import { isTransient, type S3Client, S3Refusal, unavailable } from './s3-client.ts';
import { completeBody, readFault, readUploadId } from './s3-xml.ts';
import type { Presigner, UploadPlan } from './storage.ts';

/** How long an address to PUT to is good, in seconds. */
export const UPLOAD_SECONDS = 3600;

const MiB = 1024 * 1024;
const SMALLEST_PART = 8 * MiB;
const LARGEST_PART = 64 * MiB;
/** As many parts as keep a plan short; a larger file gets larger parts, then more of them. */
const PARTS_AIMED_AT = 100;
/** The most parts that S3 takes. */
const MAX_PARTS = 10_000;

/** What the server says when it is the parts or the upload that are not right. */
const FAULTS_OF_THE_UPLOAD: ReadonlySet<string> = new Set([
  'InvalidPart',
  'InvalidPartOrder',
  'EntityTooSmall',
  'InvalidRequest',
  'InvalidArgument',
  'MalformedXML',
]);

/**
 * The size of a file's parts: whole MiB, from 8 to 64. The same file always gives the same answer, so that a
 * plan can be recreated. A file below MULTIPART_FROM_BYTES is one part. Throws AppFluxError `body_too_large`
 * for what 10,000 parts cannot hold.
 */
export function partSizeOf(size: number): number {
  if (size < MULTIPART_FROM_BYTES) return Math.max(size, 1);
  const wanted = Math.ceil(size / PARTS_AIMED_AT / MiB) * MiB;
  const partSize = Math.min(Math.max(wanted, SMALLEST_PART), LARGEST_PART);
  if (size > partSize * MAX_PARTS) {
    throw new AppFluxError('body_too_large', `A file may have at most ${LARGEST_PART * MAX_PARTS} bytes`);
  }
  return partSize;
}

/**
 * Presigns requests to the client's bucket. The length of each part is signed with it: storage takes that many bytes and
 * no other number (which also is what R2 wants: all parts alike but the last).
 */
export function createPresigner(client: S3Client, now: () => Date = () => new Date()): Presigner {
  const plan = async (key: string, size: number, multipartId: string | null): Promise<UploadPlan> => {
    const partSize = partSizeOf(size);
    const count = Math.max(1, Math.ceil(size / partSize));
    const grant = async (partNumber: number): Promise<PartGrant> => {
      const length = Math.min(partSize, size - (partNumber - 1) * partSize);
      const query = multipartId === null ? {} : { partNumber: String(partNumber), uploadId: multipartId };
      const headers = { 'content-length': String(length) };
      return {
        partNumber,
        url: await client.presign({ method: 'PUT', key, query, headers }, UPLOAD_SECONDS, now()),
      };
    };
    return {
      key,
      multipartId,
      partSize,
      parts: await Promise.all(Array.from({ length: count }, (_, index) => grant(index + 1))),
    };
  };

  return {
    begin: async (key, size, contentType) => {
      if (size < MULTIPART_FROM_BYTES) return plan(incomingKey(key), size, null);
      return plan(key, size, await createMultipart(client, key, contentType));
    },
    resume: plan,
    complete: async (key, multipartId, parts) => {
      if (multipartId !== null) await completeMultipart(client, key, multipartId, parts);
    },
    abort: (key, multipartId) => abortMultipart(client, key, multipartId),
    readUrl: (key, seconds) => client.presign({ method: 'GET', key }, seconds, now()),
  };
}

/** Begins a multipart upload and gives its id. Throws AppFluxError `unavailable`. */
export async function createMultipart(client: S3Client, key: string, contentType: string): Promise<string> {
  try {
    const answer = await client.text({
      method: 'POST',
      key,
      query: { uploads: '' },
      headers: { 'content-type': contentType },
      // Twice would be two uploads, and the first would stay there forever.
      idempotent: false,
    });
    return readUploadId(answer);
  } catch (error) {
    throw unavailable(error);
  }
}

/**
 * S3 may answer 200 before it is done and put an error into the body: that is a refusal like any other. When the
 * answer to a first try was lost, the second one finds no such upload, but the object.
 */
export async function completeMultipart(
  client: S3Client,
  key: string,
  uploadId: string,
  parts: UploadedPart[],
): Promise<void> {
  if (new Set(parts.map((part) => part.partNumber)).size !== parts.length) {
    throw incomplete('A part was named twice');
  }
  const body = completeBody(parts);
  const headers = { 'content-type': 'application/xml' };
  try {
    await retrying(async () => {
      const query = { uploadId };
      const fault = readFault(
        await client.text({ method: 'POST', key, query, headers, body, idempotent: false }),
      );
      if (fault !== null) throw new S3Refusal(200, fault);
    }, isTransient);
  } catch (error) {
    if (!(error instanceof S3Refusal)) throw unavailable(error);
    if (error.code === 'NoSuchUpload') {
      if (await exists(client, key)) return;
      throw incomplete('The upload was given up or never begun', error);
    }
    if (FAULTS_OF_THE_UPLOAD.has(error.code)) {
      throw incomplete('The parts do not make a whole: one is missing, or has another ETag', error);
    }
    throw unavailable(error);
  }
}

/** Drops a multipart upload and its parts. One that is gone is no error. */
export async function abortMultipart(client: S3Client, key: string, uploadId: string): Promise<void> {
  try {
    await client.text({ method: 'DELETE', key, query: { uploadId }, idempotent: true });
  } catch (error) {
    if (!(error instanceof S3Refusal && error.status === 404)) throw unavailable(error);
  }
}

async function exists(client: S3Client, key: string): Promise<boolean> {
  try {
    await client.send({ method: 'HEAD', key, idempotent: true });
    return true;
  } catch (error) {
    if (error instanceof S3Refusal && error.status === 404) return false;
    throw unavailable(error);
  }
}

const incomplete = (message: string, cause?: unknown) =>
  new AppFluxError('upload_incomplete', message, {
    hint: 'PUT every part to its URL, keep the ETag header of each response, and send them all.',
    ...(cause === undefined ? {} : { cause }),
  });
