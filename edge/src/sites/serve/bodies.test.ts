/** Bodies of files, through the data center's cache. */
import { env } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import { brotliCompressSync, brotliDecompressSync, crc32, deflateRawSync, gunzipSync } from 'node:zlib';
import type { SiteEntry } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { objectsOf } from '../../storage/index.ts';
import { bodyOf } from './bodies.ts';
import { decide } from './decide.ts';
import { get, PUBLIC, site } from './testing/site.ts';

/** A content whose DEFLATE and Brotli forms have the same length. */
function sameLength() {
  for (let n = 20; n < 5_000; n += 1) {
    const content = Buffer.from(Array.from({ length: n }, (_, at) => (at * at * n) % 97).join(' '));
    const forms = { deflate: deflateRawSync(content), br: brotliCompressSync(content, QUALITY) };
    if (forms.deflate.length === forms.br.length) return { content, ...forms };
  }
  throw new Error('There is no such content');
}
const QUALITY = { params: { 1: 0 } };

test('two encodings of one length are not taken for each other', async () => {
  const { content, deflate, br } = sameLength();
  const key = 'apps/same-length/sites/packs/1';
  const pack = Buffer.concat([deflate, br]);
  await objectsOf(env).put(key, new Uint8Array(pack), 'application/octet-stream');
  const digest = createHash('sha256').update(content).digest('hex');
  const file: SiteEntry = [
    ...(['a.txt', content.length, digest, crc32(content), 0] as const),
    ...([0, deflate.length, 8, deflate.length, br.length] as const),
  ];
  const published = { ...site([file]), packs: [{ key, size: pack.length }] };
  const kept: Promise<unknown>[] = [];
  const source = {
    objects: objectsOf(env),
    cache: caches.default,
    appId: 'same-length',
    waitUntil: (running: Promise<unknown>) => void kept.push(running),
  };
  for (const [encoding, decode] of [
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
    ['identity', (bytes: Buffer) => bytes],
  ] as const) {
    const decision = decide(published, get('/a.txt', { 'Accept-Encoding': encoding }), PUBLIC);
    if (decision.kind !== 'file') throw new Error('no file');
    expect(decision.encoding).toBe(encoding);
    const body = await new Response(await bodyOf(published, decision, source)).arrayBuffer();
    expect(decode(Buffer.from(body)).equals(content)).toBe(true);
    await Promise.all(kept);
  }
});
