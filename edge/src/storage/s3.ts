/** Objects in any S3 server. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html */
import { createHash } from 'node:crypto';
import type { UploadedPart } from '@appflux/protocol';
import { createGate } from './gate.ts';
import { hex } from './hex.ts';
import { abortMultipart, completeMultipart, createMultipart } from './presigner.ts';
import { NoAnswer, type S3Client, S3Refusal, unavailable } from './s3-client.ts';
import { deleteBody, readList, readObjects, readUndeleted, UnreadableAnswer } from './s3-xml.ts';
import type { ByteRange, ObjectStore, PartsWriter, StoredObject } from './storage.ts';

/** The most keys that DeleteObjects takes. */
const DELETE_AT_ONCE = 1000;

/** A copy is held in memory, up to 16 MB of it, and an isolate has 128 MB for everything. */
const oneCopy = createGate(2);

/** Keeps objects by the S3 API. Every method throws AppFluxError `unavailable` when the server does not do it. */
export function createS3Objects(client: S3Client): ObjectStore {
  return guarded({
    ping: () => pingBucket(client),

    head: async (key) => {
      const response = await ifThere(client.send({ method: 'HEAD', key, idempotent: true }));
      return response === null ? null : describe(key, response);
    },

    get: async (key, range) => {
      const unsignedHeaders = {
        // A server that compresses on the way would hide the size and break ranges.
        'accept-encoding': 'identity',
        ...(range === undefined ? {} : { range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
      };
      const response = await ifThere(client.send({ method: 'GET', key, unsignedHeaders, idempotent: true }));
      if (response === null) return null;
      const body: ReadableStream<Uint8Array> = response.body ?? emptyBody();
      return { ...describe(key, response, range), body };
    },

    put: async (key, body, contentType) => {
      const headers = { 'content-type': contentType };
      await client.text({ method: 'PUT', key, headers, body, idempotent: true });
    },

    copyChecked: (from, to, { size, sha256 }) =>
      oneCopy(async () => {
        const unsignedHeaders = { 'accept-encoding': 'identity' };
        const request = { method: 'GET', key: from, unsignedHeaders, idempotent: true } as const;
        const source = await ifThere(client.send(request));
        if (source === null) return 'missing';
        if (describe(from, source).size !== size) {
          await source.body?.cancel();
          return 'different';
        }
        // The bytes that were hashed are the ones that are written, whatever becomes of the source meanwhile.
        const bytes = await source.arrayBuffer().catch((cause: unknown) => {
          throw new NoAnswer('The storage closed the connection', { cause });
        });
        if (hex(await crypto.subtle.digest('SHA-256', bytes)) !== sha256) return 'different';
        const contentType = source.headers.get('content-type');
        const headers: Record<string, string> = contentType === null ? {} : { 'content-type': contentType };
        const put = { method: 'PUT', key: to, headers, body: bytes, idempotent: true } as const;
        const etag = etagOf(await client.send(put));
        return { key: to, size, etag, contentType };
      }),

    putParts: async (key, contentType) =>
      partsOf(client, key, await createMultipart(client, key, contentType)),

    delete: async (keys) => {
      for (let from = 0; from < keys.length; from += DELETE_AT_ONCE) {
        const body = deleteBody(keys.slice(from, from + DELETE_AT_ONCE));
        const md5 = createHash('md5').update(body).digest('base64');
        const text = await client.text({
          method: 'POST',
          key: null,
          query: { delete: '' },
          headers: { 'content-md5': md5, 'content-type': 'application/xml' },
          body,
          idempotent: true,
        });
        const [undeleted] = readUndeleted(text);
        if (undeleted !== undefined) throw new S3Refusal(200, undeleted);
      }
    },

    list: async (prefix, cursor) => readList(await listText(client, prefix, cursor)),

    listSizes: async (prefix, cursor) => {
      const { objects, cursor: next } = readObjects(await listText(client, prefix, cursor));
      return { objects: objects.map(({ key, size }) => ({ key, size: size ?? 0 })), cursor: next };
    },
  });
}

/** The answer of ListObjectsV2. */
const listText = (client: S3Client, prefix: string, cursor: string | undefined): Promise<string> =>
  client.text({
    method: 'GET',
    key: null,
    query: {
      'list-type': '2',
      'encoding-type': 'url',
      prefix,
      ...(cursor === undefined ? {} : { 'continuation-token': cursor }),
    },
    idempotent: true,
  });

function partsOf(client: S3Client, key: string, uploadId: string): PartsWriter {
  const parts: UploadedPart[] = [];
  return {
    put: async (partNumber, body) => {
      const query = { partNumber: String(partNumber), uploadId };
      const response = await client.send({ method: 'PUT', key, query, body, idempotent: true }).catch(refuse);
      parts.push({ partNumber, etag: response.headers.get('etag') ?? '' });
    },
    complete: () => completeMultipart(client, key, uploadId, parts),
    abort: () => abortMultipart(client, key, uploadId),
  };
}

/** How long the server may take to answer that it is there, in milliseconds: the caller does not wait long. */
const PING_WITHIN_MS = 2_500;

/** Resolves when the server answers and the bucket is there; else throws AppFluxError `unavailable`. */
export async function pingBucket(client: S3Client): Promise<void> {
  const request = { method: 'HEAD', key: null, withinMs: PING_WITHIN_MS, idempotent: true } as const;
  await client.send(request).catch(refuse);
}

/** The same methods, throwing what a caller of AppFlux gets. */
const guarded = (store: ObjectStore): ObjectStore => ({
  ping: () => store.ping().catch(refuse),
  head: (key) => store.head(key).catch(refuse),
  get: (key, range) => store.get(key, range).catch(refuse),
  put: (key, body, contentType) => store.put(key, body, contentType).catch(refuse),
  copyChecked: (from, to, expected) => store.copyChecked(from, to, expected).catch(refuse),
  putParts: (key, contentType) => store.putParts(key, contentType).catch(refuse),
  delete: (keys) => store.delete(keys).catch(refuse),
  list: (prefix, cursor) => store.list(prefix, cursor).catch(refuse),
  listSizes: (prefix, cursor) => store.listSizes(prefix, cursor).catch(refuse),
});

const refuse = (error: unknown): never => {
  throw unavailable(error);
};

/** The answer about an object that may not be there: null then. A missing bucket is no missing object. */
async function ifThere(asked: Promise<Response>): Promise<Response | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof S3Refusal && error.status === 404 && error.code !== 'NoSuchBucket') return null;
    throw error;
  }
}

/** An object as its headers tell; of a range the whole size is behind the slash of Content-Range. */
function describe(key: string, { status, headers }: Response, range?: ByteRange): StoredObject {
  const length = headers.get('content-length');
  const size = Number(status === 206 ? headers.get('content-range')?.split('/')[1] : (length ?? Number.NaN));
  const whole = range === undefined || status === 206 || (range.offset === 0 && range.length === size);
  if (!Number.isSafeInteger(size) || !whole) {
    throw unavailable(
      new UnreadableAnswer(`The storage does not say how large ${key} is, or ignored a range`),
    );
  }
  return {
    key,
    size,
    etag: etagOf({ headers }),
    contentType: headers.get('content-type'),
  };
}

/** The entity tag of an answer, without quotes. */
const etagOf = ({ headers }: Pick<Response, 'headers'>): string =>
  (headers.get('etag') ?? '').replace(/^"|"$/g, '');

const emptyBody = () =>
  new ReadableStream<Uint8Array>({
    start: (controller) => controller.close(),
  });
