/** Objects in the Worker's R2 bucket. Source: https://developers.cloudflare.com/r2/api/workers/workers-api-reference/ */
import { AppFluxError } from '@appflux/protocol';
import { retrying } from './retry.ts';
import type { ObjectStore, PartsWriter, StoredObject } from './storage.ts';

/** The most keys that one `delete` takes. */
const DELETE_AT_ONCE = 1000;

/**
 * Codes of R2's errors: internal error, service unavailable, timeout, too many requests.
 * Source: https://developers.cloudflare.com/r2/api/error-codes/
 */
const TRANSIENT_CODES: ReadonlySet<string> = new Set(['10001', '10043', '10054', '10058']);

/** Its code for bytes that have another checksum than was given. */
const BAD_DIGEST = '10037';

/** Keeps objects by the R2 binding. Every method throws AppFluxError `unavailable` when the bucket does not do it. */
export function createR2Objects(bucket: R2Bucket): ObjectStore {
  return {
    ping: async () => {
      // Not a list: R2 bills for those twelve times as much.
      await ask(() => bucket.head('ping'));
    },

    head: async (key) => {
      const object = await ask(() => bucket.head(key));
      return object === null ? null : describe(object);
    },

    get: async (key, range) => {
      const object = await ask(() => bucket.get(key, range === undefined ? {} : { range }));
      return object === null ? null : { ...describe(object), body: object.body };
    },

    put: async (key, body, contentType) => {
      await ask(() => bucket.put(key, body, { httpMetadata: { contentType } }));
    },

    copyChecked: async (from, to, { size, sha256 }) => {
      try {
        return await ask(async () => {
          const object = await bucket.get(from);
          if (object === null) return 'missing';
          if (object.size !== size) {
            await object.body.cancel();
            return 'different';
          }
          const { contentType } = describe(object);
          const httpMetadata = contentType === null ? {} : { contentType };
          // R2 writes nothing when the bytes have another SHA-256.
          return describe(await bucket.put(to, object.body, { httpMetadata, sha256 }));
        });
      } catch (error) {
        if (error instanceof AppFluxError && codeOf(error.cause) === BAD_DIGEST) return 'different';
        throw error;
      }
    },

    putParts: async (key, contentType) => {
      // Not tried again: a second try could begin a second upload, and the first would stay behind.
      const upload = await once(() => bucket.createMultipartUpload(key, { httpMetadata: { contentType } }));
      return partsOf(upload);
    },

    delete: async (keys) => {
      for (let from = 0; from < keys.length; from += DELETE_AT_ONCE) {
        await ask(() => bucket.delete(keys.slice(from, from + DELETE_AT_ONCE)));
      }
    },

    list: async (prefix, cursor) => {
      const list = await ask(() => bucket.list({ prefix, ...(cursor === undefined ? {} : { cursor }) }));
      return { keys: list.objects.map(({ key }) => key), cursor: list.truncated ? list.cursor : null };
    },

    listSizes: async (prefix, cursor) => {
      const list = await ask(() => bucket.list({ prefix, ...(cursor === undefined ? {} : { cursor }) }));
      const objects = list.objects.map(({ key, size }) => ({ key, size }));
      return { objects, cursor: list.truncated ? list.cursor : null };
    },
  };
}

function partsOf(upload: R2MultipartUpload): PartsWriter {
  const parts: R2UploadedPart[] = [];
  return {
    put: async (number, bytes) => {
      parts.push(await ask(() => upload.uploadPart(number, bytes)));
    },
    complete: async () => {
      const inOrder = parts.toSorted((a, b) => a.partNumber - b.partNumber);
      // Not tried again: once it is done, a second try finds no such upload.
      await once(() => upload.complete(inOrder));
    },
    abort: async () => {
      await ask(() => upload.abort());
    },
  };
}

const ask = <Result>(operation: () => Promise<Result>): Promise<Result> =>
  once(() => retrying(operation, isTransient));

async function once<Result>(operation: () => Promise<Result>): Promise<Result> {
  try {
    return await operation();
  } catch (cause) {
    throw new AppFluxError('unavailable', "The storage doesn't respond", { cause, retryAfterSeconds: 5 });
  }
}

/** An error without a code is the connection's; any other code than the transient ones would come again. */
function isTransient(error: unknown): boolean {
  const code = codeOf(error);
  return code === undefined || TRANSIENT_CODES.has(code);
}

/** The number at the end of an R2 error's message. */
const codeOf = (error: unknown): string | undefined =>
  /\((\d+)\)$/.exec(error instanceof Error ? error.message : '')?.[1];

const describe = ({ key, size, etag, httpMetadata }: R2Object): StoredObject => ({
  key,
  size,
  etag,
  contentType: httpMetadata?.contentType ?? null,
});
