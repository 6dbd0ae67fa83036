/** Storage that fails now and then: the real server, with faults put in front of it. */
import { env } from 'cloudflare:workers';
import { isAppFluxError, MULTIPART_FROM_BYTES } from '@appflux/protocol';
import { afterEach, describe, expect, inject, test, vi } from 'vitest';
import { hex } from './hex.ts';
import { createPresigner } from './presigner.ts';
import { createR2Objects } from './r2.ts';
import { createS3Objects } from './s3.ts';
import { S3Client } from './s3-client.ts';
import { settleUpload } from './settle.ts';

type Fault = (request: () => Promise<Response>) => Promise<Response>;

const status =
  (code: number, body = ''): Fault =>
  async () =>
    new Response(body, { status: code });
const noConnection: Fault = async () => {
  throw new TypeError('Network connection lost.');
};
/** The server does it, and its answer never arrives. */
const answerLost: Fault = async (request) => {
  await (await request()).text();
  throw new TypeError('Network connection lost.');
};
const errorBody = (code: string) =>
  `  \n<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>It is so</Message></Error>`;

/** The next requests meet these faults, one each; those after them reach the server. Gives how many were sent. */
function faults(...list: Fault[]): () => number {
  const real = globalThis.fetch;
  const spy = vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const fault = list.shift();
    return fault === undefined ? real(input, init) : fault(() => real(input, init));
  });
  return () => spy.mock.calls.length;
}

afterEach(() => {
  vi.restoreAllMocks();
});

const client = new S3Client(() => ({ ...inject('s3'), region: 'auto' }));
const objects = createS3Objects(client);
const presigner = createPresigner(client);
const freshKey = () => `faults/${crypto.randomUUID()}`;

describe('an S3 server with faults', () => {
  test.each([
    ['answers 503 twice', [status(503), status(503)], 3],
    ['answers 429', [status(429)], 2],
    ['cannot be reached', [noConnection], 2],
    ['loses its answer', [answerLost], 2],
    ['says to slow down', [status(400, errorBody('SlowDown'))], 2],
  ])('it %s: what may be done twice is tried again', async (_, list, sent) => {
    const key = freshKey();
    const requests = faults(...list);
    await objects.put(key, 'kept', 'text/plain');
    expect(requests()).toBe(sent);
    expect(await objects.head(key)).toMatchObject({ size: 4 });
  });

  test('it stays down: after three tries it is unavailable, with the cause and when to try again', async () => {
    const requests = faults(status(500), noConnection, status(503));
    const error = await objects.head(freshKey()).catch((thrown: unknown) => thrown);
    expect(requests()).toBe(3);
    expect(isAppFluxError(error, 'unavailable')).toBe(true);
    expect(error).toMatchObject({ retryAfterSeconds: 5, cause: { status: 503 } });
  });

  test('it refuses: that is not tried again', async () => {
    const requests = faults(status(403, errorBody('AccessDenied')));
    await expect(objects.head(freshKey())).rejects.toSatisfy((error) => isAppFluxError(error, 'unavailable'));
    expect(requests()).toBe(1);
  });

  test.each([
    ['a page of a proxy', '<!doctype html><p>hello'],
    ['nothing', ''],
    ['another document', '<?xml version="1.0"?><Other/>'],
  ])('it answers a list with %s: it is unavailable', async (_, body) => {
    faults(status(200, body));
    await expect(objects.list('faults/')).rejects.toSatisfy((error) => isAppFluxError(error, 'unavailable'));
  });

  test('it cannot delete one of the keys: it is unavailable', async () => {
    const one = `<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code><Message/></Error></DeleteResult>`;
    faults(status(200, one));
    await expect(objects.delete(['a', 'b'])).rejects.toSatisfy((error) =>
      isAppFluxError(error, 'unavailable'),
    );
  });

  test('it ignores a range: bytes that were not asked for are not given', async () => {
    const key = freshKey();
    await objects.put(key, '0123456789', 'text/plain');
    const answer = () => new Response('0123456789', { headers: { 'content-length': '10' } });
    faults(async () => answer());
    await expect(objects.get(key, { offset: 3, length: 2 })).rejects.toSatisfy((error) =>
      isAppFluxError(error, 'unavailable'),
    );
  });
});

describe('multipart uploads into an S3 server with faults', () => {
  async function begun() {
    const key = freshKey();
    const size = MULTIPART_FROM_BYTES;
    const plan = await presigner.begin(key, size, 'application/zip');
    const parts: { partNumber: number; etag: string }[] = [];
    for (const { partNumber, url } of plan.parts) {
      const response = await fetch(url, { method: 'PUT', body: new Uint8Array(plan.partSize) });
      parts.push({ partNumber, etag: response.headers.get('etag') ?? '' });
    }
    return { key, size, complete: () => presigner.complete(key, plan.multipartId, parts) };
  }

  test('beginning is not tried again, so that no second upload is left behind', async () => {
    const requests = faults(status(503));
    await expect(presigner.begin(freshKey(), MULTIPART_FROM_BYTES, 'application/zip')).rejects.toSatisfy(
      (error) => isAppFluxError(error, 'unavailable'),
    );
    expect(requests()).toBe(1);
  });

  test.each([
    ['the answer is lost after the server did it', answerLost],
    ['the server answers 200 and means 500', status(200, errorBody('InternalError'))],
    ['the server answers 500', status(500, errorBody('InternalError'))],
  ])('%s: completing goes through', async (_, fault) => {
    const { key, size, complete } = await begun();
    const requests = faults(fault);
    await complete();
    expect(requests()).toBeGreaterThan(1);
    expect(await objects.head(key)).toMatchObject({ size });
  });

  test('the server answers 200 and means that a part is wrong: the upload is incomplete', async () => {
    const { key, complete } = await begun();
    faults(status(200, errorBody('InvalidPart')));
    await expect(complete()).rejects.toSatisfy((error) => isAppFluxError(error, 'upload_incomplete'));
    expect(await objects.head(key)).toBeNull();
  });
});

describe('ending an upload at an S3 server with faults', () => {
  const bytes = new Uint8Array(1000).fill(3);

  async function putOne() {
    const plan = await presigner.begin(`${freshKey()}/file.zip`, bytes.length, 'application/zip');
    await fetch(plan.parts[0]?.url ?? '', { method: 'PUT', body: bytes });
    const sha256 = hex(await crypto.subtle.digest('SHA-256', bytes));
    const upload = { key: plan.key, multipartId: null, size: bytes.length, sha256 };
    return { upload, end: () => settleUpload({ objects, presigner }, upload, []) };
  }

  /** The server's answer breaks off in the middle of its body. */
  const breaksOff: Fault = async (request) => {
    const { headers, status } = await request();
    const body = new ReadableStream({
      pull: (controller) => {
        controller.enqueue(bytes.slice(0, 10));
        controller.error(new TypeError('Network connection lost.'));
      },
    });
    return new Response(body, { status, headers });
  };

  test.each([
    ['it answers 503', status(503)],
    ['the answer is lost', answerLost],
  ])('%s: it is tried again', async (_, fault) => {
    const { end, upload } = await putOne();
    faults(fault);
    const kept = await end();
    expect(kept.sha256).toBe(upload.sha256);
    expect(await objects.head(kept.key)).toMatchObject({ size: bytes.length });
  });

  test('reading breaks off: it is unavailable, nothing is removed, and it can be ended later', async () => {
    const { end } = await putOne();
    faults(breaksOff);
    await expect(end()).rejects.toSatisfy((error) => isAppFluxError(error, 'unavailable'));
    expect(await objects.head((await end()).key)).toMatchObject({ size: bytes.length });
  });

  test('hashing parts breaks off: it is unavailable, nothing is removed, and it can be ended later', async () => {
    const size = MULTIPART_FROM_BYTES;
    const plan = await presigner.begin(`${freshKey()}/file.zip`, size, 'application/zip');
    const parts: { partNumber: number; etag: string }[] = [];
    for (const { partNumber, url } of plan.parts) {
      const response = await fetch(url, { method: 'PUT', body: new Uint8Array(plan.partSize) });
      parts.push({ partNumber, etag: response.headers.get('etag') ?? '' });
    }
    const upload = { key: plan.key, multipartId: plan.multipartId, size, sha256: null };
    const end = () => settleUpload({ objects, presigner }, upload, parts);
    faults((request) => request(), breaksOff);
    await expect(end()).rejects.toSatisfy((error) => isAppFluxError(error, 'unavailable'));
    expect((await end()).sha256).toBe(hex(await crypto.subtle.digest('SHA-256', new Uint8Array(size))));
  });
});

describe('the R2 binding with faults', () => {
  /** The real bucket, which first throws these errors, one a call. */
  function failing(...messages: string[]) {
    let calls = 0;
    const bucket = new Proxy(env.STORAGE, {
      get:
        (target, name: keyof R2Bucket) =>
        (...args: unknown[]) => {
          calls++;
          const message = messages.shift();
          if (message !== undefined) return Promise.reject(new Error(message));
          return Reflect.apply(target[name], target, args);
        },
    });
    return { objects: createR2Objects(bucket), calls: () => calls };
  }

  test.each([
    'put: We encountered an internal error. Please try again. (10001)',
    'put: The service is unavailable. (10043)',
    'Network connection lost.',
  ])('%s: it is tried again', async (message) => {
    const key = freshKey();
    const { objects, calls } = failing(message);
    await objects.put(key, 'kept', 'text/plain');
    expect(calls()).toBe(2);
    expect(await objects.head(key)).toMatchObject({ size: 4 });
  });

  test('what would be retried is unavailable immediately, with its cause', async () => {
    const { objects, calls } = failing('get: The requested range is not satisfiable (10039)');
    const error = await objects.get(freshKey()).catch((thrown: unknown) => thrown);
    expect(calls()).toBe(1);
    expect(isAppFluxError(error, 'unavailable')).toBe(true);
    expect(error).toMatchObject({ cause: { message: expect.stringContaining('10039') } });
  });

  test('a checked copy that failed is tried again, from the beginning', async () => {
    const message = 'get: We encountered an internal error. Please try again. (10001)';
    const prefix = freshKey();
    await env.STORAGE.put(`${prefix}/from`, 'the bytes');
    const sha256 = hex(await crypto.subtle.digest('SHA-256', new TextEncoder().encode('the bytes')));
    const { objects } = failing(message, 'put: The service is unavailable. (10043)');
    expect(await objects.copyChecked(`${prefix}/from`, `${prefix}/to`, { size: 9, sha256 })).toMatchObject({
      size: 9,
    });
  });
});
