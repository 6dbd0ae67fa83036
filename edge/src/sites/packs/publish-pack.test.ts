import { env } from 'cloudflare:workers';
import { brotliCompressSync, constants, crc32, deflateRawSync, gzipSync } from 'node:zlib';
import {
  encodeSiteManifest,
  MAPS_FOLDER,
  SERVER_FOLDER,
  type SiteAddition,
  type SiteManifest,
} from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { newObjectId } from '../../metadata/object-id.ts';
import { SPEC } from '../../servers/testing/publish-server.ts';
import { objectsOf } from '../../storage/index.ts';
import { newPackName, siteManifestKey, sitePackKey } from '../../storage/keys.ts';
import type { ObjectStore } from '../../storage/storage.ts';
import type { PublishRequest } from '../store/decide.ts';
import { joined, type MadePack, makePack, sha256Hex } from '../testing/pack.ts';
import { givenSite } from '../testing/published-site.ts';
import { publishPack } from './publish-pack.ts';
import { SiteRefused } from './site-refused.ts';

const objects = objectsOf(env);

/** Publishes a pack of a new app; gives what the store of sites is asked to register. */
async function publish(
  { bytes }: { bytes: Uint8Array<ArrayBuffer> },
  change: { appId?: string; maxBytes?: number; objects?: ObjectStore } = {},
) {
  const { appId = newObjectId(), maxBytes = 1e9 } = change;
  const deploymentId = newObjectId();
  const name = newPackName(deploymentId, 1);
  const key = sitePackKey(appId, name);
  await objects.put(key, bytes, 'application/octet-stream');
  const requests: PublishRequest[] = [];
  const pack = { appId, deploymentId, attempt: 1, branch: 'main', environment: 'production', name, key };
  const published = await publishPack(
    { ...pack, size: bytes.length, maxBytes },
    {
      objects: change.objects ?? objects,
      publish: async (request, manifest) => {
        requests.push(request);
        await objects.put(siteManifestKey(appId, deploymentId), manifest, 'application/gzip');
        return 'ok';
      },
    },
  );
  return { published, request: requests[0], appId, deploymentId };
}

const refused = (pack: { bytes: Uint8Array<ArrayBuffer> }, change = {}) =>
  expect(publish(pack, change)).rejects.toThrow(SiteRefused);

const text = 'hello '.repeat(500);
const one = (change: Partial<SiteAddition>) => (add: SiteAddition[]) =>
  add.map((file, at) => (at === 0 ? { ...file, ...change } : file));

describe('a pack of a hostile runner is refused', () => {
  test.each<[string, Partial<SiteAddition>]>([
    ['another SHA-256', { sha256: '0'.repeat(64) }],
    ['another CRC-32', { crc32: 1 }],
    ['a smaller size', { size: text.length - 1 }],
    ['a larger size', { size: text.length + 1 }],
    ['a length beyond the pack', { length: 1e6 }],
    ['an offset beyond the pack', { offset: 1e6 }],
    ['Brotli that is the same bytes', { br: { offset: 0, length: 30 } }],
    ['an encoding that it is not in', { method: 'stored' }],
  ])('with %s', async (_, change) => {
    await refused(await makePack({ 'index.html': text }, {}, one(change)));
  });

  /** A file with these bytes in the pack, which the index describes as those of `text`. */
  async function stored(packed: Uint8Array, change: Partial<SiteAddition> = {}): Promise<MadePack> {
    const bytes = new TextEncoder().encode(text);
    const { index } = await makePack({ 'index.html': text });
    const file: SiteAddition = {
      ...(index.add[0] as SiteAddition),
      offset: 0,
      length: packed.length,
      method: 'deflate',
      br: null,
      ...change,
    };
    const pack = await makePack({}, {}, () => [{ ...file, size: change.size ?? bytes.length }]);
    return { ...pack, bytes: joined([pack.bytes, packed]) };
  }

  test('bytes after the end of a compressed content', async () => {
    const packed = deflateRawSync(text);
    await publish(await stored(packed));
    await refused(await stored(joined([packed, new Uint8Array(3)])));
    await refused(await stored(packed.subarray(0, packed.length - 2)));
    const large = new Uint8Array(2 * 1024 * 1024);
    const digests = { size: large.length, sha256: sha256Hex(large), crc32: crc32(large) };
    const zeros = deflateRawSync(large);
    await publish(await stored(zeros, digests));
    await refused(await stored(joined([zeros, new Uint8Array(3)]), digests));
    await refused(await stored(zeros.subarray(0, zeros.length - 2), digests));
  });

  test('a bomb, small or large, which is not decoded beyond its size', async () => {
    const zeros = new Uint8Array(16 * 1024 * 1024);
    await refused(await stored(deflateRawSync(zeros)));
    await refused(await stored(deflateRawSync(zeros), { size: 2 * 1024 * 1024 }));
    const br = brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
    const packed = deflateRawSync(text);
    const both = joined([packed, br]);
    const lie = { length: packed.length, br: { offset: packed.length, length: br.length } };
    await refused(await stored(both, lie));
  });

  test('an index that is a bomb, is no gzip, is cut off or lies about its length', async () => {
    const pack = (await makePack({ 'index.html': text })).bytes;
    const withIndex = (json: Uint8Array) => {
      const head = pack.slice(0, 12);
      new DataView(head.buffer).setUint32(8, json.length);
      return { bytes: joined([head, json]) };
    };
    await refused(withIndex(gzipSync(new Uint8Array(60 * 1024 * 1024))));
    await refused(withIndex(new TextEncoder().encode('{}')));
    await refused({ bytes: pack.slice(0, 20) });
    await refused({ bytes: pack.slice(0, 5) });
    await refused({ bytes: joined([new TextEncoder().encode('PK\x03\x04'), pack]) });
  });

  test('contents that overlap, leave gaps or do not fill it', async () => {
    const pack = await makePack({ 'index.html': text, 'b.html': `${text}b` });
    await refused({ bytes: joined([pack.bytes, new Uint8Array(1)]) });
    await refused({ bytes: pack.bytes.slice(0, -1) });
    const [a, b] = pack.index.add as [SiteAddition, SiteAddition];
    await refused(
      await makePack({ 'a.html': text, 'b.html': `${text}b` }, {}, () => [a, { ...a, path: 'c' }, b]),
    );
  });

  test.each(['../up', '/top', 'a//b', 'a\\b', 'a/./b', 'nul\0', 'cr\r\nlf', ''])(
    'a file with the name %j',
    async (path) => {
      await refused(await makePack({ [path]: 'x' }));
    },
  );

  test('files that are larger than the deployment may deliver', async () => {
    await refused(await makePack({ 'index.html': text }), { maxBytes: text.length - 1 });
    const many = await makePack(
      { a: 'x' },
      { copy: Array.from({ length: 99 }, (_, n) => ({ path: `b${n}`, from: 'a' })) },
    );
    await refused(many, { maxBytes: 2000 });
  });

  test('a base whose manifest is damaged is no base', async () => {
    const { appId, deploymentId } = await publish(await makePack({ 'index.html': 'x' }));
    const key = siteManifestKey(appId, deploymentId);
    const bytes = new TextEncoder().encode('{}');
    await objects.put(key, bytes, 'application/gzip');
    const base = { deploymentId, sha256: sha256Hex(bytes) };
    await expect(publish(await makePack({ a: 'b' }, { base }), { appId })).rejects.toMatchObject({
      code: 'artifact_damaged',
    });
  });

  test('a base in as many packs as a site can have makes one too many', async () => {
    const appId = newObjectId();
    const deploymentId = newObjectId();
    const packs = Array.from({ length: 100 }, (_, n) => ({ key: sitePackKey(appId, `p${n}`), size: 1 }));
    const manifest: SiteManifest = {
      version: 1,
      kind: 'site',
      deploymentId,
      packs,
      files: packs.map((_, n) => [`f${n}`.padEnd(4), 1, sha256Hex(new Uint8Array(n)), 0, n, 0, 1, 0, 0, 0]),
      rules: (await makePack({})).index.rules as SiteManifest['rules'],
    };
    manifest.files.sort(([a], [b]) => (a < b ? -1 : 1));
    const bytes = await encodeSiteManifest(manifest);
    await objects.put(siteManifestKey(appId, deploymentId), bytes, 'application/gzip');
    const base = { deploymentId, sha256: sha256Hex(bytes) };
    await refused(await makePack({ a: 'b' }, { base }), { appId });
  });
});

test('what is registered and counted: the packs that are used, and equal contents once', async () => {
  const { request, published } = await publish(
    await makePack({ 'index.html': text }, { copy: [{ path: 'b.html', from: 'index.html' }] }),
  );
  expect(request).toMatchObject({ packs: [request?.pack.name] });
  expect(published.site).toEqual({
    kind: 'static',
    files: 2,
    bytes: 2 * text.length,
    newFiles: 2,
    newBytes: text.length,
  });
});

/** Bytes that can't be compressed. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

describe('a pack with a server', () => {
  const module = `${SERVER_FOLDER}worker.js`;
  const worker = 'export default {}';

  test('is published as one, and its ZIP has only what the site serves', async () => {
    const files = { 'index.html': text, [module]: worker, [`${MAPS_FOLDER}worker.js.map`]: '{}' };
    const { published } = await publish(await makePack(files, { server: SPEC }));
    expect(published.site).toMatchObject({ kind: 'server', files: 3 });
    const alone = await publish(await makePack({ 'index.html': text }));
    expect([published.size, published.sha256]).toEqual([alone.published.size, alone.published.sha256]);
  });

  test('may be nothing but a server', async () => {
    expect(
      (await publish(await makePack({ [module]: worker }, { server: SPEC }))).published.site,
    ).toMatchObject({
      kind: 'server',
      files: 1,
    });
  });

  test('is that of no base: without one, the reserved folder is refused', async () => {
    const appId = newObjectId();
    const deploymentId = newObjectId();
    const { manifestSha256 } = await givenSite(
      { appId, deploymentId },
      { files: { 'index.html': text, [module]: worker }, index: { server: SPEC } },
    );
    const base = { deploymentId, sha256: manifestSha256 };
    await refused(await makePack({ 'b.html': text }, { base }), { appId });
    const { published } = await publish(await makePack({ 'b.html': text }, { base, remove: [module] }), {
      appId,
    });
    expect(published.site).toMatchObject({ kind: 'static', files: 2 });
    const kept = await publish(await makePack({ 'b.html': text }, { base, server: SPEC }), { appId });
    expect(kept.published.site).toMatchObject({ kind: 'server', files: 3 });
  });

  test.each([
    [
      'without its main module',
      { 'index.html': text, [`${SERVER_FOLDER}other.js`]: worker },
      { server: SPEC },
    ],
    [
      'with other files in the reserved folder',
      { [module]: worker, '.appflux/more.js': '' },
      { server: SPEC },
    ],
    ['with modules and no server', { 'index.html': text, [module]: worker }, {}],
    ['with a reserved file and no server', { 'index.html': text, '.appflux': 'a file' }, {}],
    [
      'with more modules than the platform takes',
      { [module]: new Uint8Array(33 * 1024 * 1024) },
      { server: SPEC },
    ],
    ['with modules that are too large compressed', { [module]: noise(11 * 1024 * 1024) }, { server: SPEC }],
  ])('is refused %s', async (_, files, index) => {
    await refused(await makePack(files, index));
  });
});

test('a pack of an Expo update is no web site', async () => {
  const { published } = await publish(
    await makePack({ 'metadata.json': '{}' }, { kind: 'expo', meta: { a: 1 } }),
  );
  expect(published.site).toBeNull();
});

test('storage that breaks off is not the fault of the pack', async () => {
  const pack = await makePack({ 'index.html': text });
  const cut: ObjectStore = {
    ...objects,
    get: async (key, range) => {
      const object = await objects.get(key, range);
      const short = new Response(pack.bytes.slice(0, 20)).body as ReadableStream<Uint8Array>;
      return object && { ...object, body: short };
    },
  };
  await expect(publish(pack, { objects: cut })).rejects.toMatchObject({ code: 'unavailable' });
});
