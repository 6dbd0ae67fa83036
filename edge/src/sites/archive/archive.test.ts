import { env } from 'cloudflare:workers';
import { Buffer } from 'node:buffer';
import type { SiteEntry, SiteManifest } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newObjectId } from '../../metadata/object-id.ts';
import { objectsOf } from '../../storage/index.ts';
import { siteManifestKey } from '../../storage/keys.ts';
import { bytesOf } from '../../storage/read.ts';
import { manifestOfZip } from '../imported/manifest-of-zip.ts';
import { storedManifest } from '../store/manifest.ts';
import { sha256Hex } from '../testing/pack.ts';
import { givenSite } from '../testing/published-site.ts';
import { lengthOf, zipSegments, zipSize } from './layout.ts';
import { readZip } from './stream.ts';

const objects = objectsOf(env);
const GB = 1024 ** 3;

async function givenManifest(files: Record<string, string | Uint8Array>) {
  const appId = newObjectId();
  const deploymentId = newObjectId();
  const published = await givenSite({ appId, deploymentId }, { files });
  const stored = await storedManifest(objects, siteManifestKey(appId, deploymentId));
  if (stored === null) throw new Error('nothing was published');
  return { published, manifest: stored.manifest };
}

const whole = (manifest: SiteManifest) => ({ offset: 0, length: zipSize(manifest) });

/**
 * `index.html` with "hello hello hello hello", an empty `empty.txt` and `ä/b.txt` with "b". `unzip -t` and Python's
 * `zipfile` accept it: the sum of this ZIP must not change, because it is the SHA-256 of artifacts on record.
 */
const GOLDEN =
  'UEsDBBQAAAgIAABgIQDjUT2NCgAAABcAAAAKAAAAaW5kZXguaHRtbMtIzcnJV8hAJwFQSwMEFAAACAAAAGAhAAAAAAAAAAAAAAAAAAkAAABlbXB0eS50eHRQSwMEFAAACAAAAGAhAPnvvnEBAAAAAQAAAAgAAADDpC9iLnR4dGJQSwECLQMUAAAICAAAYCEA41E9jQoAAAAXAAAACgAAAAAAAAAAAAAApIEAAAAAaW5kZXguaHRtbFBLAQItAxQAAAgAAABgIQAAAAAAAAAAAAAAAAAJAAAAAAAAAAAAAACkgTIAAABlbXB0eS50eHRQSwECLQMUAAAIAAAAYCEA+e++cQEAAAABAAAACAAAAAAAAAAAAAAApIFZAAAAw6QvYi50eHRQSwUGAAAAAAMAAwClAAAAgAAAAAAA';

describe('the ZIP of a site', () => {
  test('has the same bytes in every version', async () => {
    const { manifest } = await givenManifest({
      'index.html': 'hello hello hello hello',
      'empty.txt': '',
      'ä/b.txt': 'b',
    });
    const bytes = await bytesOf(readZip(objects, manifest, whole(manifest)));
    expect(Buffer.from(bytes).toString('base64')).toBe(GOLDEN);
  });

  test('has the size and the SHA-256 on record, and the files that were published, also in several packs', async () => {
    const appId = newObjectId();
    const [first, second] = [newObjectId(), newObjectId()];
    const files = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`f${n}.txt`, `${n} `.repeat(n)]));
    await givenSite({ appId, deploymentId: first }, { files });
    const change = {
      files: { 'f7.txt': 'changed', 'large.bin': new Uint8Array(600_000).fill(1) },
      base: first,
    };
    const published = await givenSite({ appId, deploymentId: second }, change);
    const stored = await storedManifest(objects, published.key);
    const manifest = stored?.manifest as SiteManifest;
    expect(manifest.packs).toHaveLength(2);
    const bytes = await bytesOf(readZip(objects, manifest, { offset: 0, length: published.size }));
    expect([bytes.length, sha256Hex(bytes)]).toEqual([published.size, published.sha256]);
    // Read back by the reader of delivered ZIPs, it has the same files.
    const key = `apps/${appId}/x/1/copy.zip`;
    await objects.put(key, bytes, 'application/zip');
    const again = await manifestOfZip(objects, second, { key, size: bytes.length });
    const facts = ({ files: entries }: SiteManifest) =>
      entries.map(([path, size, , crc32]) => [path, size, crc32]);
    expect(again && facts(again)).toEqual(facts(manifest));
  });

  test('any range of it is that part of the whole', async () => {
    const noise = crypto.getRandomValues(new Uint8Array(5_000));
    const { manifest } = await givenManifest({ 'index.html': 'hello '.repeat(99), 'n.bin': noise, e: '' });
    const bytes = await bytesOf(readZip(objects, manifest, whole(manifest)));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(bytes.length - 1), async (a, b) => {
        const [offset, end] = [Math.min(a, b), Math.max(a, b) + 1];
        const part = await bytesOf(readZip(objects, manifest, { offset, length: end - offset }));
        expect(Buffer.from(part).equals(Buffer.from(bytes.subarray(offset, end)))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('reads a content that many files have once', async () => {
    const copies = Array.from({ length: 1_500 }, (_, n) => [`tiles/${1_000 + n}.txt`, 'sea '.repeat(9)]);
    const files = { 'a.txt': 'a '.repeat(9), ...Object.fromEntries(copies), 'z.txt': 'z '.repeat(9) };
    const { manifest } = await givenManifest(files);
    // As a runner makes it: one content, and paths that copy it.
    const first = manifest.files.find(([path]) => path === 'tiles/1000.txt') as SiteEntry;
    const shared = manifest.files.map((entry): SiteEntry => {
      const [path] = entry;
      const [, ...content] = first;
      return path.startsWith('tiles/') ? [path, ...content] : entry;
    });
    const deduplicated = { ...manifest, files: shared };
    let requests = 0;
    const counting = {
      ...objects,
      get: ((...args: Parameters<typeof objects.get>) => {
        requests += 1;
        return objects.get(...args);
      }) as typeof objects.get,
    };
    const bytes = await bytesOf(readZip(counting, deduplicated, whole(deduplicated)));
    expect(requests).toBeLessThan(5);
    expect(sha256Hex(bytes)).toBe(sha256Hex(await bytesOf(readZip(objects, manifest, whole(manifest)))));
  });

  test('of a pack that was changed or is missing breaks off', async () => {
    const { manifest } = await givenManifest({ 'index.html': 'hello '.repeat(99) });
    const key = manifest.packs[0]?.key ?? '';
    for (const break_ of [() => objects.put(key, 'short', 'text/plain'), () => objects.delete([key])]) {
      await break_();
      await expect(new Response(readZip(objects, manifest, whole(manifest))).arrayBuffer()).rejects.toThrow();
    }
  });
});

describe('ZIP64', () => {
  const entry = (path: string, size: number, offset: number): SiteEntry => [
    path,
    size,
    '',
    1,
    0,
    offset,
    size,
    0,
    0,
    0,
  ];
  const headersOf = (files: SiteEntry[]) =>
    [...zipSegments({ files })].flatMap((segment) => ('bytes' in segment ? [segment.bytes] : []));
  const u32 = (bytes: Uint8Array, at: number) =>
    new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
  const u64 = (bytes: Uint8Array, at: number) =>
    Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at, true));

  test('is used for sizes and offsets that 32 bits don’t hold, and only for them', () => {
    const files = [entry('a', 3 * GB, 0), entry('b', 5 * GB, 3 * GB), entry('c', 1, 8 * GB)];
    const [a, b, c, centralA, centralB, centralC, end] = headersOf(files) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    expect([a.length, b.length, c.length]).toEqual([31, 31 + 20, 31]);
    expect([u32(a, 18), u32(b, 18), u64(b, 35), u64(b, 43)]).toEqual([3 * GB, 0xffff_ffff, 5 * GB, 5 * GB]);
    expect([centralA.length, centralB.length, centralC.length]).toEqual([47, 47 + 20, 47 + 12]);
    const offsetOfC = 31 + 3 * GB + 51 + 5 * GB;
    expect([u32(centralC, 42), u64(centralC, 51)]).toEqual([0xffff_ffff, offsetOfC]);
    expect(end.length).toBe(98);
    expect([u64(end, 24), u64(end, 48), u64(end, 64)]).toEqual([3, offsetOfC + 32, offsetOfC + 32 + 173]);
    expect(zipSize({ files })).toBe([...zipSegments({ files })].reduce((sum, one) => sum + lengthOf(one), 0));
  });

  test('is not used for what fits', () => {
    const headers = headersOf([entry('a', 0xffff_fffe, 0)]);
    expect(headers.map(({ length }) => length)).toEqual([31, 47, 98]);
    expect(headersOf([entry('a', 1000, 0)]).map(({ length }) => length)).toEqual([31, 47, 22]);
  });
});
