import { env } from 'cloudflare:workers';
import { beforeAll, expect, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { forgetAll, request, requestWith } from '../testing/worker.ts';
import { GATHER_MS } from './tally.ts';
import { givenApp, givenDeployment } from './testing/published.ts';

beforeAll(forgetAll);

const CONTENT = '0123456789abcdefghij';

test('a download is counted once, however many pieces it comes in, and nothing else is', async () => {
  const { id, artifacts } = await givenDeployment(await givenApp(), {
    'app.apk': CONTENT,
    'b c.zip': CONTENT,
  });
  const etag = `"${artifacts[0]?.sha256}"`;
  const get = async (name: string, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await request(`/dl/${id}/${encodeURIComponent(name)}`, { method, headers });
    await response.arrayBuffer();
    return response.status;
  };
  // Counted: whole, whole by its range, in three pieces, and whole because it is not the file that was begun.
  expect(await get('app.apk')).toBe(200);
  expect(await get('app.apk', { Range: 'bytes=0-' })).toBe(206);
  for (const Range of ['bytes=0-6', 'bytes=7-13', 'bytes=14-'])
    expect(await get('app.apk', { Range })).toBe(206);
  expect(await get('app.apk', { Range: 'bytes=5-', 'If-Range': '"another"' })).toBe(200);
  expect(await get('b c.zip')).toBe(200);
  // Not counted: what gives no file, the rest of one, and the question whether ranges are understood.
  expect(await get('app.apk', {}, 'HEAD')).toBe(200);
  expect(await get('app.apk', { 'If-None-Match': etag })).toBe(304);
  expect(await get('app.apk', { Range: 'bytes=20-' })).toBe(416);
  expect(await get('app.apk', { Range: 'bytes=0-0' })).toBe(206);
  expect(await get('app.apk', { Range: 'bytes=5-', 'If-Range': etag })).toBe(206);
  expect(await get('c.zip')).toBe(404);

  await expect
    .poll(() => metadataOf(env).downloads.ofDeployment(id), { timeout: GATHER_MS + 10_000 })
    .toEqual([
      { name: 'app.apk', downloads: 4 },
      { name: 'b c.zip', downloads: 1 },
    ]);
});

test('what metadata does not take goes to the queue, as one batch', async () => {
  vi.spyOn(console, 'error').mockReturnValue();
  const { id, appId } = await givenDeployment(await givenApp(), { 'app.apk': CONTENT });
  const METADATA = new Proxy(env.METADATA, {
    get: (database, name) => {
      if (name === 'batch') return () => Promise.reject(new Error('D1_ERROR: Network connection lost.'));
      return database[name as keyof D1Database].bind(database);
    },
  });
  const sent: unknown[] = [];
  const EVENT_QUEUE = { send: async (message: unknown) => void sent.push(message) } as unknown as Queue;
  const response = await requestWith({ METADATA, EVENT_QUEUE }, `/dl/${id}/app.apk`);
  expect(response.status).toBe(200);
  expect(sent).toEqual([
    {
      kind: 'downloads',
      batchId: expect.stringMatching(/^[0-9a-f]{24}$/),
      counts: [{ appId, deploymentId: id, artifact: 'app.apk', day: expect.any(String), count: 1 }],
    },
  ]);
  vi.restoreAllMocks();
});
