import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerJson, type Received, TestServer } from '../../testing/server.ts';
import { type Client, createClient, Transfer } from '../index.ts';

const ID = '66f2a1c04b7e9d0012345678';
const BYTES = '0123456789abcdefghijABCDE';

/** The API and storage in one, with parts of ten bytes. */
const server = new TestServer();
let uploads: Client['uploads'];
beforeAll(async () => {
  await server.start();
  ({ uploads } = createClient({ url: server.url, token: 'tok' }));
});
afterAll(() => server.stop());

/** How storage answers a part, for the n-th time. */
let storage: (part: number, attempt: number, response: ServerResponse) => void;
const ok = (part: number, _attempt: number, response: ServerResponse) =>
  response.writeHead(200, { ETag: `"etag-${part}"` }).end();

beforeEach(() => {
  server.received.length = 0;
  storage = ok;
  server.answer = ({ method, url }, response) => {
    if (method === 'PUT') {
      const attempt = server.received.filter((one) => one.url === url).length;
      storage(Number(url.slice('/part/'.length)), attempt, response);
    } else if (url === '/api/uploads') {
      const parts = [3, 1, 2].map((partNumber) => ({ partNumber, url: `${server.url}/part/${partNumber}` }));
      answerJson(response, 201, { uploadId: ID, partSize: 10, parts });
    } else answerJson(response, 200, { uploadId: ID, size: BYTES.length });
  };
});

const source = { name: 'site.zip', blob: new Blob([BYTES]) };
const now = { pause: async () => undefined };
const sent = (wanted: (received: Received) => boolean) => server.received.filter(wanted);
const puts = () => sent(({ method }) => method === 'PUT');

describe('an upload', () => {
  test('puts every part where it belongs, without the token, and joins them in order', async () => {
    const seen: number[] = [];
    const onProgress = ({ loaded }: { loaded: number }) => seen.push(loaded);
    expect(await uploads.send(source, { onProgress })).toBe(ID);
    const created = sent(({ url }) => url === '/api/uploads')[0];
    expect(JSON.parse(created?.body ?? '')).toMatchObject({
      name: 'site.zip',
      size: 25,
      sha256: '05f20a21618ae29b08fa42b7f8b6091dc64d2a00e39c7416c6d9f14baf24d67f',
    });
    expect(Object.fromEntries(puts().map(({ url, body }) => [url, body]))).toEqual({
      '/part/1': '0123456789',
      '/part/2': 'abcdefghij',
      '/part/3': 'ABCDE',
    });
    expect(puts().every(({ headers }) => headers.authorization === undefined)).toBe(true);
    expect(JSON.parse(server.received.at(-1)?.body ?? '')).toEqual({
      parts: [1, 2, 3].map((partNumber) => ({ partNumber, etag: `"etag-${partNumber}"` })),
    });
    expect(seen.at(-1)).toBe(25);
  });

  test('sends a part again after a lost connection, and only that one', async () => {
    storage = (part, attempt, response) => {
      if (part === 2 && attempt < 3) response.destroy();
      else ok(part, attempt, response);
    };
    await uploads.send(source, now);
    expect(puts().filter(({ url }) => url === '/part/2')).toHaveLength(3);
    expect(puts()).toHaveLength(5);
  });

  test('continues after a failure with the parts that have not arrived', async () => {
    let down = true;
    storage = (part, attempt, response) => {
      if (part === 3 && down) response.writeHead(400).end();
      else ok(part, attempt, response);
    };
    const transfer = new Transfer(source, uploads, now);
    const { signal } = new AbortController();
    await expect(transfer.run(signal)).rejects.toMatchObject({ name: 'PartError', reason: 'refused' });
    down = false;
    expect(await transfer.run(signal)).toBe(ID);
    expect(sent(({ url }) => url === '/api/uploads')).toHaveLength(1);
    expect(transfer.progress.fraction).toBe(1);
  });

  test('starts over with new URLs when the old ones have expired', async () => {
    storage = (part, attempt, response) => {
      if (part === 1 && attempt === 1) response.writeHead(403).end();
      else ok(part, attempt, response);
    };
    const transfer = new Transfer(source, uploads, now);
    const { signal } = new AbortController();
    await expect(transfer.run(signal)).rejects.toMatchObject({ reason: 'expired' });
    await transfer.run(signal);
    expect(sent(({ url }) => url === '/api/uploads')).toHaveLength(2);
  });

  test('stops when it is aborted, and completes nothing', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    storage = () => stop.abort(reason);
    expect(await uploads.send(source, { signal: stop.signal }).catch((error: unknown) => error)).toBe(reason);
    expect(sent(({ url }) => url.endsWith('/complete'))).toEqual([]);
  });
});
