import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import type { ArtifactRecord } from '../metadata/metadata.ts';
import { objectsOf } from '../storage/index.ts';
import type { ByteRange, ObjectStore } from '../storage/storage.ts';
import { forgetAll } from '../testing/worker.ts';
import { cachedBytes } from './file-cache.ts';
import { givenApp, givenDeployment } from './testing/published.ts';

beforeEach(forgetAll);

const CONTENT = '0123456789abcdefghij';

/** A file in storage, and how its bytes are asked for: `reads` counts those that storage answered. */
async function aFile(cache: Cache | null = caches.default) {
  const { artifacts } = await givenDeployment(await givenApp(), { 'app.apk': CONTENT });
  const [artifact] = artifacts as [ArtifactRecord];
  const stored = objectsOf(env);
  let reads = 0;
  const objects: ObjectStore = {
    ...stored,
    get: (...asked) => {
      reads += 1;
      return stored.get(...asked);
    },
  };
  const running: Promise<unknown>[] = [];
  const ask = async (range?: ByteRange) => {
    const waitUntil = (work: Promise<unknown>) => void running.push(work);
    const bytes = await cachedBytes(artifact, range, { objects, cache, waitUntil });
    const answer = typeof bytes === 'string' ? bytes : await new Response(bytes).text();
    await Promise.all(running);
    return answer;
  };
  return { artifact, stored, ask, reads: () => reads };
}

test('what is downloaded again comes from the cache, whole and in parts', async () => {
  const { ask, reads } = await aFile();
  expect(await ask()).toBe(CONTENT);
  expect(reads()).toBe(1);
  expect(await ask()).toBe(CONTENT);
  // For the visitor, and for the cache.
  expect(reads()).toBe(3);
  expect(await ask()).toBe(CONTENT);
  expect(await ask({ offset: 15, length: 5 })).toBe('fghij');
  expect(await ask({ offset: 0, length: 1 })).toBe('0');
  expect(reads()).toBe(3);
});

test('what is downloaded once is not read twice', async () => {
  const { ask, reads } = await aFile();
  await ask({ offset: 0, length: 4 });
  expect(reads()).toBe(1);
});

test('on one machine nothing is cached', async () => {
  const { ask, reads } = await aFile(null);
  for (let n = 0; n < 4; n += 1) expect(await ask()).toBe(CONTENT);
  expect(reads()).toBe(4);
});

test('a cache that keeps nothing is filled once an hour, not with every download', async () => {
  const forgetful = {
    match: async () => undefined,
    put: async (_: string, response: Response) => void (await response.arrayBuffer()),
  } as unknown as Cache;
  const { ask, reads } = await aFile(forgetful);
  for (let n = 0; n < 6; n += 1) expect(await ask()).toBe(CONTENT);
  expect(reads()).toBe(7);
});

test('a cache that answers with other bytes than were asked for is not believed', async () => {
  const whole = {
    match: async () => new Response(CONTENT),
    put: async (_: string, response: Response) => void (await response.arrayBuffer()),
  } as unknown as Cache;
  const { ask } = await aFile(whole);
  await ask();
  expect(await ask({ offset: 15, length: 5 })).toBe('fghij');
});

test('a file that is not in storage is not cached, and neither is one that is damaged', async () => {
  const { artifact, stored, ask } = await aFile();
  await ask();
  await stored.put(artifact.key, new TextEncoder().encode('9'.repeat(CONTENT.length)), 'application/x-thing');
  for (let n = 0; n < 3; n += 1) expect(await ask()).toBe('damaged');
  await stored.delete([artifact.key]);
  for (let n = 0; n < 3; n += 1) expect(await ask()).toBe('missing');
});
