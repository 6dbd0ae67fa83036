import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TestServer } from '../../testing/server.ts';
import { PartError, putByFetch } from './put-part.ts';

const storage = new TestServer();
beforeAll(() => storage.start());
afterAll(() => storage.stop());
beforeEach(() => {
  storage.received.length = 0;
});

const put = (signal = new AbortController().signal, progress: number[] = []) =>
  putByFetch({
    url: `${storage.url}/part`,
    body: new Blob(['0123456789']).slice(2, 6),
    signal,
    progress: (loaded) => progress.push(loaded),
  });

test('a part is put with its bytes alone, and gives the ETag', async () => {
  storage.answer = (_received, response) => response.writeHead(200, { ETag: '"e1"' }).end();
  const progress: number[] = [];
  expect(await put(undefined, progress)).toBe('"e1"');
  expect(storage.received[0]).toMatchObject({ method: 'PUT', url: '/part', body: '2345' });
  expect(storage.received[0]?.headers).toMatchObject({ 'content-length': '4' });
  expect(storage.received[0]?.headers.authorization).toBe(undefined);
  expect(progress).toEqual([4]);
});

describe('a part that fails', () => {
  test.each([
    [403, 'expired', false],
    [408, 'network', true],
    [429, 'network', true],
    [500, 'network', true],
    [503, 'network', true],
    [400, 'refused', false],
    [404, 'refused', false],
  ])('with %d is %s', async (status, reason, mayPass) => {
    storage.answer = (_received, response) => response.writeHead(status, { ETag: '"e1"' }).end();
    const progress: number[] = [];
    await expect(put(undefined, progress)).rejects.toMatchObject({ name: 'PartError', reason, mayPass });
    expect(progress).toEqual([]);
  });

  test('by a lost connection may pass', async () => {
    storage.answer = (_received, response) => response.destroy();
    await expect(put()).rejects.toMatchObject({ reason: 'network', mayPass: true });
  });

  test('without an ETag can’t be joined', async () => {
    storage.answer = (_received, response) => response.writeHead(200).end();
    await expect(put()).rejects.toMatchObject({ reason: 'no_etag', mayPass: false });
  });

  test('by an abort throws its reason, not a PartError', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    storage.answer = () => stop.abort(reason);
    const error = await put(stop.signal).catch((caught: unknown) => caught);
    expect(error).toBe(reason);
    expect(error).not.toBeInstanceOf(PartError);
  });
});
