/** Objects in the Worker's R2 bucket. Source: https://developers.cloudflare.com/r2/api/workers/workers-api-reference/ */
import { AppFluxError } from '@appflux/protocol';
import { retrying } from './retry.ts';
import type { ObjectStore, PartsWriter, StoredObject } from './storage.ts';

/** The most keys that one `delete` takes. */
const DELETE_AT_ONCE = 1000;

/**
 * The number at the end of an R2 error's message: internal error, service unavailable, timeout, too many
 * requests. Source: https://developers.cloudflare.com/r2/api/error-codes/
 */
const TRANSIENT_CODES: ReadonlySet<string> = new Set(['10001', '10043', '10054', '10058']);

/** Keeps objects by the R2 binding. Every method throws AppFluxError `unavailable` when the bucket does not do it. */
export function createR2Objects(bucket: R2Bucket): ObjectStore {
  return {
    ping: async () => {
      await ask(() => bucket.list({ limit: 1 }));
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
    throw new AppFluxError('unavailable', 'The storage does not answer', { cause, retryAfterSeconds: 5 });
  }
}

/** An error without a code is the connection's; any other code than the transient ones would come again. */
function isTransient(error: unknown): boolean {
  const code = /\((\d+)\)$/.exec(error instanceof Error ? error.message : '')?.[1];
  return code === undefined || TRANSIENT_CODES.has(code);
}

const describe = ({ key, size, etag, httpMetadata }: R2Object): StoredObject => ({
  key,
  size,
  etag,
  contentType: httpMetadata?.contentType ?? null,
});
