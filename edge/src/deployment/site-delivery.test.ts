import { env } from 'cloudflare:workers';
import { inflateRawSync } from 'node:zlib';
import { MULTIPART_FROM_BYTES, SERVER_SITES, SITE_BASE, siteFile } from '@appflux/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord } from '../metadata/testing/sample-records.ts';
import { sitesOf } from '../objects/sites.ts';
import { siteManifest } from '../sites/store/manifest.ts';
import { blobPlace, readBlob } from '../sites/store/read-blob.ts';
import { makePack, sha256Hex } from '../sites/testing/pack.ts';
import { hex } from '../storage/hex.ts';
import { objectsOf } from '../storage/index.ts';
import { sitesPrefix } from '../storage/keys.ts';
import { bytesOf } from '../storage/read.ts';
import { type Connected, connectAttempt, givenRunner, leaseOf } from '../testing/attempt.ts';
import { forgetAll, request } from '../testing/worker.ts';
import type { Spec } from './state.ts';
import { finishWith as finish, PACK_NAME as NAME, uploadPack as upload } from './testing/deliver-pack.ts';
import { sampleSpec } from './testing/sample-spec.ts';

beforeAll(forgetAll);

const objects = objectsOf(env);

/** An app with a runner, for several deployments. */
async function givenApp() {
  const app = appRecord();
  await metadataOf(env).apps.insert(app);
  return { app, runner: await givenRunner(app.ownerId) };
}

type Given = Awaited<ReturnType<typeof givenApp>>;

/** A deployment of the app that the runner builds. */
async function givenBuilding({ app, runner }: Given): Promise<{ spec: Spec; connected: Connected }> {
  const { id, ownerId, slug, name } = app;
  const spec = sampleSpec({ id: newObjectId(), ownerId, app: { id, slug, name }, createdAt: Date.now() });
  await env.DEPLOYMENTS.getByName(spec.id).create(spec);
  const connected = await connectAttempt(await leaseOf(spec.id, runner), runner.credential);
  expect(await connected.next('welcome')).toMatchObject({
    accepts: expect.arrayContaining([SITE_BASE, SERVER_SITES]),
  });
  return { spec, connected };
}

const snapshotOf = async (id: string) => (await env.DEPLOYMENTS.getByName(id).snapshot())?.record;

async function baseOf(connected: Connected, branch: string | null = null) {
  connected.send({ type: SITE_BASE, request: 'base', branch });
  const { base } = (await connected.next(SITE_BASE)) as unknown as {
    base: { deploymentId: string; url: string; size: number; sha256: string } | null;
  };
  return base;
}

const keysOf = async (appId: string) => (await objects.list(sitesPrefix(appId))).keys.sort();

/**
 * Counts the requests of storage, the runner's and the edge's, that R2 bills as class A: those that write or list, and
 * not those that delete. Source: https://developers.cloudflare.com/r2/pricing/#class-a-operations
 */
async function countingRequests(work: () => Promise<void>): Promise<{ billedAsWrites: number }> {
  const real = globalThis.fetch;
  const counts = { billedAsWrites: 0 };
  globalThis.fetch = (input, init) => {
    const { method, url } = new Request(input, init);
    const { searchParams, href } = new URL(url);
    const isWrite = method === 'PUT' || (method === 'POST' && !searchParams.has('delete'));
    if (href.startsWith(env.S3_ENDPOINT) && (isWrite || searchParams.has('list-type')))
      counts.billedAsWrites += 1;
    return real(input, init);
  };
  try {
    await work();
  } finally {
    globalThis.fetch = real;
  }
  return counts;
}

/** The content of a file of a deployment's site, by its own encoding. */
async function contentOf(spec: Spec, path: string): Promise<string> {
  const manifest = await siteManifest(env, { id: spec.id, appId: spec.app.id });
  const entry = manifest?.files.find(([name]) => name === path);
  const place = manifest && entry && blobPlace(manifest, entry);
  if (!place) throw new Error(`no ${path}`);
  const bytes = await bytesOf(await readBlob(objects, place));
  return new TextDecoder().decode(siteFile(entry).method === 'deflate' ? inflateRawSync(bytes) : bytes);
}

describe('a site that a runner delivers', () => {
  test('is published, and its artifact is a ZIP of it; the next one sends what changed, and each stays', async () => {
    const given = await givenApp();
    const first = await givenBuilding(given);
    expect(await baseOf(first.connected)).toBeNull();
    const text = 'hello '.repeat(100);
    const pack = await makePack({ 'index.html': text, 'a/b.js': 'one', 'empty.txt': '' });
    expect(await upload(first.connected, pack)).toMatchObject({ type: 'upload_done' });
    expect(await finish(first.connected)).toMatchObject({ status: 'success' });
    expect(await snapshotOf(first.spec.id)).toMatchObject({
      site: { kind: 'static', files: 3, bytes: 603, newFiles: 3, newBytes: 603 },
      artifacts: [{ name: NAME, contentType: 'application/zip', meta: { entry: 'index.html' } }],
    });
    expect(await contentOf(first.spec, 'index.html')).toBe(text);

    const second = await givenBuilding(given);
    const base = await baseOf(second.connected);
    expect(base).toMatchObject({ deploymentId: first.spec.id });
    const answer = await fetch(base?.url ?? '');
    expect(sha256Hex(new Uint8Array(await answer.arrayBuffer()))).toBe(base?.sha256);
    const delta = await makePack(
      { 'a/b.js': 'two' },
      {
        base: { deploymentId: first.spec.id, sha256: base?.sha256 ?? '' },
        copy: [{ path: 'again.html', from: 'index.html' }],
        remove: ['empty.txt'],
      },
    );
    expect(await upload(second.connected, delta)).toMatchObject({ type: 'upload_done' });
    await finish(second.connected);
    expect(await snapshotOf(second.spec.id)).toMatchObject({
      site: { files: 3, bytes: 1203, newFiles: 1, newBytes: 3 },
    });
    expect(await contentOf(second.spec, 'again.html')).toBe(text);
    expect(await contentOf(second.spec, 'a/b.js')).toBe('two');
    expect(await contentOf(first.spec, 'a/b.js')).toBe('one');

    // Two packs and two manifests, and nothing of the uploads.
    expect(await keysOf(given.app.id)).toHaveLength(4);
    await sitesOf(env, given.app.id).remove(first.spec.id);
    expect(await contentOf(second.spec, 'index.html')).toBe(text);
    expect(await keysOf(given.app.id)).toHaveLength(3);
    await sitesOf(env, given.app.id).remove(second.spec.id);
    expect(await keysOf(given.app.id)).toEqual([]);
  });

  test('the ZIP is downloaded byte for byte as its SHA-256 says, by ranges, too', async () => {
    const given = await givenApp();
    const { spec, connected } = await givenBuilding(given);
    const noise = crypto.getRandomValues(new Uint8Array(50_000));
    await upload(connected, await makePack({ 'index.html': 'hello '.repeat(1000), 'ü/noise.bin': noise }));
    await finish(connected);
    const artifact = (await snapshotOf(spec.id))?.artifacts[0];
    const path = `/dl/${spec.id}/${NAME}`;
    await expect.poll(async () => (await request(path)).status).toBe(200);
    const answer = await request(path);
    expect(answer.headers.get('Content-Length')).toBe(String(artifact?.size));
    const bytes = new Uint8Array(await answer.arrayBuffer());
    expect(sha256Hex(bytes)).toBe(artifact?.sha256);
    for (const [from, to] of [
      [0, 9],
      [100, 40_000],
      [bytes.length - 30, bytes.length - 1],
    ] as const) {
      const part = await request(path, { headers: { Range: `bytes=${from}-${to}` } });
      expect(part.status).toBe(206);
      expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.slice(from, to + 1));
    }
  });

  test('a ZIP whose pack is another file than it was is not downloaded', async () => {
    const given = await givenApp();
    const { spec, connected } = await givenBuilding(given);
    await upload(connected, await makePack({ 'index.html': 'hello '.repeat(1000) }));
    await finish(connected);
    const path = `/dl/${spec.id}/${NAME}`;
    // It isn't downloaded before: a download fills the cache behind it, from which the next one may come.
    await expect.poll(async () => (await request(path, { method: 'HEAD' })).status).toBe(200);
    const [pack] = (await keysOf(given.app.id)).filter((key) => key.includes('/packs/'));
    await objects.put(pack ?? '', 'other', 'text/plain');
    expect((await request(path)).status).toBe(500);
  });

  test('costs few requests of storage, however many files it has', async () => {
    const given = await givenApp();
    // Text that compresses as that of pages does.
    const noise = (length: number) =>
      `<p>${hex(crypto.getRandomValues(new Uint8Array(16)).buffer)}</p>\n`.repeat(30).slice(0, length);
    const files = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`f${n}.txt`, noise(1000)]));
    const first = await givenBuilding(given);
    const whole = await makePack({ ...files, 'index.html': 'x' });
    const requests = await countingRequests(async () => {
      expect(await baseOf(first.connected)).toBeNull();
      expect(await upload(first.connected, whole)).toMatchObject({ type: 'upload_done' });
    });
    await finish(first.connected);
    expect(requests.billedAsWrites).toBe(3);

    const second = await givenBuilding(given);
    const changed = { 'f1.txt': noise(1000), 'f2.txt': noise(1000), 'f3.txt': noise(1000) };
    const again = await countingRequests(async () => {
      const base = await baseOf(second.connected);
      const delta = { base: { deploymentId: first.spec.id, sha256: base?.sha256 ?? '' } };
      const pack = await makePack(changed, delta);
      expect(pack.bytes.length).toBeLessThan(1.1 * 3000);
      expect(await upload(second.connected, pack)).toMatchObject({ type: 'upload_done' });
    });
    await finish(second.connected);
    expect(again.billedAsWrites).toBe(3);
    expect((await snapshotOf(second.spec.id))?.site).toMatchObject({
      files: 1001,
      newFiles: 3,
      newBytes: 3000,
    });
  }, 60_000);

  test('larger than one PUT it comes in parts', async () => {
    const { spec, connected } = await givenBuilding(await givenApp());
    const large = new Uint8Array(MULTIPART_FROM_BYTES + 1000);
    for (let at = 0; at < large.length; at += 60_000)
      crypto.getRandomValues(large.subarray(at, Math.min(at + 60_000, large.length)));
    const zeros = new Uint8Array(3 * 1024 * 1024);
    const pack = await makePack({ 'index.html': 'x', 'video.mp4': large, 'zeros.bin': zeros });
    expect(await upload(connected, pack)).toMatchObject({ type: 'upload_done' });
    expect(await finish(connected)).toMatchObject({ status: 'success' });
    expect(await contentOf(spec, 'zeros.bin')).toBe('\0'.repeat(zeros.length));
  }, 60_000);

  test('of a deployment that fails or is canceled after it was published, nothing stays', async () => {
    const given = await givenApp();
    const { spec, connected } = await givenBuilding(given);
    await upload(connected, await makePack({ 'index.html': 'x' }));
    expect(await keysOf(given.app.id)).toHaveLength(2);
    // A pack that is refused later takes nothing away from what has to be removed.
    await upload(
      connected,
      await makePack({ 'index.html': 'y' }, {}, (add) => add.map((one) => ({ ...one, crc32: 1 }))),
    );
    connected.send({
      type: 'finish',
      result: {
        status: 'failed',
        failure: { code: 'build_failed', message: 'no', phase: 'uploading', hint: 'no' },
      },
    });
    await connected.next('finished');
    await expect.poll(() => keysOf(given.app.id)).toEqual([]);
    expect((await snapshotOf(spec.id))?.site).toBeNull();
  });

  test('that is announced again as another file leaves nothing when the deployment fails', async () => {
    const given = await givenApp();
    const { connected } = await givenBuilding(given);
    await upload(connected, await makePack({ 'index.html': 'x' }));
    expect(await keysOf(given.app.id)).toHaveLength(2);
    const file = {
      name: NAME,
      size: 3,
      sha256: sha256Hex(new Uint8Array(3)),
      contentType: 'application/zip',
    };
    connected.send({ type: 'upload', request: 'again', ...file, meta: {} });
    await connected.next('upload_granted');
    connected.send({
      type: 'finish',
      result: {
        status: 'failed',
        failure: { code: 'build_failed', message: 'no', phase: 'uploading', hint: 'no' },
      },
    });
    await connected.next('finished');
    await expect.poll(() => keysOf(given.app.id)).toEqual([]);
  });

  test('whose base is removed meanwhile is refused, so that its runner packs again', async () => {
    const given = await givenApp();
    const first = await givenBuilding(given);
    await upload(first.connected, await makePack({ 'index.html': 'x' }));
    await finish(first.connected);
    const second = await givenBuilding(given);
    const base = await baseOf(second.connected);
    const others = { base: { deploymentId: first.spec.id, sha256: '0'.repeat(64) } };
    expect(await upload(second.connected, await makePack({ 'a.js': 'a' }, others))).toMatchObject({
      type: 'upload_refused',
      again: true,
      message: expect.stringMatching(/^site base/),
    });
    // Pinned, the base outlives its removal; what is continued is published.
    await sitesOf(env, given.app.id).remove(first.spec.id);
    const delta = { base: { deploymentId: first.spec.id, sha256: base?.sha256 ?? '' } };
    expect(await upload(second.connected, await makePack({ 'a.js': 'a' }, delta))).toMatchObject({
      type: 'upload_done',
    });
    expect(await contentOf(second.spec, 'index.html')).toBe('x');
    const keys = await keysOf(given.app.id);
    expect(keys.filter((key) => key.includes('/manifests/'))).toHaveLength(1);
  });

  test('of another app can’t be continued', async () => {
    const first = await givenBuilding(await givenApp());
    await upload(first.connected, await makePack({ 'index.html': 'secret' }));
    await finish(first.connected);
    const manifest = await siteManifest(env, { id: first.spec.id, appId: first.spec.app.id });
    expect(manifest).not.toBeNull();
    const second = await givenBuilding(await givenApp());
    expect(await baseOf(second.connected)).toBeNull();
    const delta = { base: { deploymentId: first.spec.id, sha256: '0'.repeat(64) } };
    expect(await upload(second.connected, await makePack({ 'a.js': 'a' }, delta))).toMatchObject({
      type: 'upload_refused',
    });
  });
});
