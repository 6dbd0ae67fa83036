import { deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  applySiteIndex,
  EMPTY_RULES,
  encodeSiteIndex,
  encodeSiteManifest,
  isSitePath,
  MAX_SITE_FILES,
  MAX_SITE_JSON_BYTES,
  readSiteIndex,
  readSiteManifest,
  readSitePackHeader,
  SITE_PACK_HEADER_BYTES,
  type SiteAddition,
  type SiteEntry,
  type SiteIndex,
  type SiteManifest,
  siteEntry,
  siteFile,
} from './index.ts';

const first = '66f2a1c04b7e9d0000000001';
const second = '66f2a1c04b7e9d0000000002';
const digest = (digit: string) => digit.repeat(64);

const addition = (path: string, content: string, at: Partial<SiteAddition> = {}): SiteAddition => ({
  path,
  size: 10,
  sha256: digest(content),
  crc32: 7,
  offset: 0,
  length: 10,
  method: 'stored',
  br: null,
  ...at,
});

const index = (changes: Partial<SiteIndex> = {}): SiteIndex => ({
  version: 1,
  kind: 'site',
  base: null,
  add: [],
  copy: [],
  remove: [],
  rules: null,
  ...changes,
});

const entry = (path: string, content: string, pack: number): SiteEntry => [
  path,
  10,
  digest(content),
  7,
  pack,
  100,
  10,
  0,
  0,
  0,
];

const base: SiteManifest = {
  version: 1,
  kind: 'site',
  deploymentId: first,
  packs: [
    { key: 'one', size: 1000 },
    { key: 'two', size: 2000 },
  ],
  files: [entry('a.js', 'a', 0), entry('b.js', 'b', 1), entry('index.html', 'c', 1)],
  rules: { ...EMPTY_RULES, spaFallback: true },
};
const onBase = { base: { deploymentId: first, sha256: digest('0') } };
const pack = { key: 'three', size: 500, blobsStart: 50 };

const applied = (from: SiteManifest | null, changes: Partial<SiteIndex>) => {
  const result = applySiteIndex(from, index(changes), pack, second);
  if (result.outcome === 'invalid') throw new Error(result.message);
  return result;
};

const refusal = (from: SiteManifest | null, changes: Partial<SiteIndex>) => {
  const result = applySiteIndex(from, index(changes), pack, second);
  return result.outcome === 'invalid' ? result.message : 'accepted';
};

describe('paths', () => {
  test.each([
    'index.html',
    'a/b/c.txt',
    '.well-known/acme',
    '..a',
    'a..',
    '...',
    'a b%20"\'.html',
    'ü\u{1F600}.html',
    'x'.repeat(1024),
  ])('%j can be published', (path) => {
    expect(isSitePath(path)).toBe(true);
  });

  test.each([
    '',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    'a/../b',
    './a',
    'a/.',
    'a\\b',
    'a\r\nb',
    'a\0',
    '\u{85}',
    '\u{D800}',
    'x'.repeat(1025),
    'ü'.repeat(513),
  ])('%j can’t', (path) => {
    expect(isSitePath(path)).toBe(false);
  });
});

test('a tuple and its members are the same thing', () => {
  for (const one of base.files) expect(siteEntry(siteFile(one))).toEqual(one);
  const compressed: SiteEntry = ['c.js', 90, digest('d'), 1, 0, 4, 30, 8, 34, 20];
  expect(siteFile(compressed)).toMatchObject({ method: 'deflate', br: { offset: 34, length: 20 } });
  expect(siteEntry(siteFile(compressed))).toEqual(compressed);
});

describe('an index', () => {
  test('without a base is the whole publication', () => {
    const br = { offset: 10, length: 4 };
    const { manifest, usesPack, figures } = applied(null, {
      add: [addition('z.html', 'a'), addition('a.html', 'b', { br, length: 5, method: 'deflate' })],
      copy: [{ path: 'm.html', from: 'z.html' }],
      rules: EMPTY_RULES,
    });
    expect(manifest).toEqual({
      version: 1,
      kind: 'site',
      deploymentId: second,
      packs: [{ key: 'three', size: 500 }],
      files: [
        ['a.html', 10, digest('b'), 7, 0, 50, 5, 8, 60, 4],
        ['m.html', 10, digest('a'), 7, 0, 50, 10, 0, 0, 0],
        ['z.html', 10, digest('a'), 7, 0, 50, 10, 0, 0, 0],
      ],
      rules: EMPTY_RULES,
    });
    expect(usesPack).toBe(true);
    expect(figures).toEqual({ files: 3, bytes: 30, newFiles: 3, newBytes: 20 });
  });

  test('changes its base, and leaves out packs that nothing is in', () => {
    const { manifest, figures } = applied(base, {
      ...onBase,
      add: [addition('a.js', 'd')],
      copy: [{ path: 'copy.js', from: 'b.js' }],
      remove: ['b.js'],
    });
    expect(manifest.packs.map(({ key }) => key)).toEqual(['two', 'three']);
    expect(manifest.files.map(([path, , sha256, , at]) => [path, sha256[0], at])).toEqual([
      ['a.js', 'd', 1],
      ['copy.js', 'b', 0],
      ['index.html', 'c', 0],
    ]);
    expect(manifest.rules.spaFallback).toBe(true);
    expect(figures).toEqual({ files: 3, bytes: 30, newFiles: 1, newBytes: 10 });
  });

  test('that only removes needs no pack', () => {
    expect(applied(base, { ...onBase, remove: ['a.js'] })).toMatchObject({
      usesPack: false,
      manifest: { packs: [{ key: 'two' }] },
    });
  });

  test('copies what it adds rather than what the base has', () => {
    const { manifest } = applied(base, {
      ...onBase,
      add: [addition('a.js', 'd')],
      copy: [{ path: 'x.js', from: 'a.js' }],
    });
    expect(manifest.files.find(([path]) => path === 'x.js')?.[2]).toBe(digest('d'));
  });

  test('that stores a file of the base again has nothing new', () => {
    const { figures } = applied(base, { ...onBase, add: [addition('a.js', 'a')] });
    expect(figures).toMatchObject({ newFiles: 0, newBytes: 0 });
  });

  test.each([
    ['of another base', { base: { deploymentId: second, sha256: digest('0') } }, /another base/],
    ['without the base', {}, /another base/],
    ['that removes what is not there', { ...onBase, remove: ['x'] }, /no "x" to remove/],
    ['that copies what is not there', { ...onBase, copy: [{ path: 'x', from: 'y' }] }, /no "y" to copy/],
    ['with a path twice', { ...onBase, add: [addition('x', 'a'), addition('x', 'b')] }, /twice/],
    ['that removes what it adds', { ...onBase, add: [addition('a.js', 'b')], remove: ['a.js'] }, /twice/],
    ['with a file that is a folder', { ...onBase, add: [addition('a.js/b', 'b')] }, /both/],
    ['beyond the pack', { ...onBase, add: [addition('x', 'a', { offset: 441 })] }, /not in the pack/],
    [
      'with Brotli beyond the pack',
      { ...onBase, add: [addition('x', 'a', { br: { offset: 450, length: 1 } })] },
      /not in the pack/,
    ],
    ['stored in another size', { ...onBase, add: [addition('x', 'a', { length: 9 })] }, /not in the pack/],
  ] as const)('%s is invalid', (_, changes, message) => {
    expect(refusal(base, changes as Partial<SiteIndex>)).toMatch(message);
  });

  test('up to the last byte of the pack is valid', () => {
    expect(refusal(base, { ...onBase, add: [addition('x', 'a', { offset: 440 })] })).toBe('accepted');
  });

  test('with too many files is invalid', () => {
    const paths = Array.from({ length: MAX_SITE_FILES }, (_, at) => `f${at}`);
    const add = [addition('f0', 'a')];
    const copy = paths.slice(1).map((path) => ({ path, from: 'f0' }));
    expect(refusal(null, { add, copy })).toBe('accepted');
    expect(refusal(null, { add, copy: [...copy, { path: 'more', from: 'f0' }] })).toMatch(/20000 files/);
  });
});

describe('the bytes', () => {
  const some = index({ add: [addition('ü.html', 'a')], rules: EMPTY_RULES, meta: { version: 0 } });

  test('of an index are read as they were written, whatever follows', async () => {
    const head = await encodeSiteIndex(some);
    const bytes = new Uint8Array([...head, 1, 2, 3]);
    expect(await readSiteIndex(bytes)).toEqual({ outcome: 'ok', index: some, blobsStart: head.length });
    expect(readSitePackHeader(bytes.subarray(0, SITE_PACK_HEADER_BYTES))).toEqual({
      outcome: 'ok',
      blobsStart: head.length,
    });
    // In the middle of a larger buffer, as parts of a download are.
    const within = new Uint8Array([9, 9, 9, ...head]).subarray(3);
    expect(await readSiteIndex(within)).toMatchObject({ outcome: 'ok' });
  });

  test('with more values than fit into memory are invalid, and are not written', async () => {
    const bomb = { ...index(), meta: { bomb: Array.from({ length: 600_000 }, () => []) } };
    await expect(encodeSiteIndex(bomb)).rejects.toThrow(RangeError);
    const json = gzipSync(JSON.stringify(bomb));
    const small = await encodeSiteIndex(index());
    const bytes = new Uint8Array(SITE_PACK_HEADER_BYTES + json.length);
    bytes.set(small.subarray(0, SITE_PACK_HEADER_BYTES));
    new DataView(bytes.buffer).setUint32(SITE_PACK_HEADER_BYTES - 4, json.length);
    bytes.set(json, SITE_PACK_HEADER_BYTES);
    expect(await readSiteIndex(bytes)).toMatchObject({ outcome: 'invalid' });
    const full = Array.from({ length: MAX_SITE_FILES }, (_, n) => addition(`assets/[slug]/${n}.js`, 'a'));
    const largest = await encodeSiteIndex({ ...index(), add: full });
    expect(await readSiteIndex(largest)).toMatchObject({ outcome: 'ok' });
  });

  test('of a manifest are read as they were written', async () => {
    const stored = await encodeSiteManifest(base);
    expect(await readSiteManifest(stored)).toEqual({ outcome: 'ok', manifest: base });
  });

  const pack = (json: Uint8Array, length = json.length): Uint8Array<ArrayBuffer> => {
    const head = new Uint8Array(SITE_PACK_HEADER_BYTES + json.length);
    head.set(new TextEncoder().encode('AFSITE01'));
    new DataView(head.buffer).setUint32(8, length);
    head.set(json, SITE_PACK_HEADER_BYTES);
    return head;
  };

  test.each([
    ['nothing', new Uint8Array()],
    ['a ZIP', new TextEncoder().encode('PK\u0003\u0004 and more of it')],
    ['one that is cut off', pack(gzipSync(JSON.stringify(index())).subarray(0, 30), 60)],
    ['one whose index is cut off', pack(gzipSync(JSON.stringify(index())).subarray(0, 30))],
    ['one of 4 GB', pack(gzipSync('{}'), 0xffff_ffff)],
    ['one that isn’t gzip', pack(deflateRawSync('{}'))],
    ['one that isn’t JSON', pack(gzipSync('{'))],
    ['one that isn’t UTF-8', pack(gzipSync(Buffer.from('{"\xff":1}', 'latin1')))],
    ['an index with more members', pack(gzipSync(JSON.stringify({ ...index(), more: 1 })))],
    ['an index of the next version', pack(gzipSync(JSON.stringify({ ...index(), version: 2 })))],
    ['a path that leads out', pack(gzipSync(JSON.stringify({ ...index(), remove: ['../a'] })))],
    ['a bomb', pack(gzipSync(Buffer.alloc(MAX_SITE_JSON_BYTES + 1, ' ')))],
  ])('of %s are no index', async (_, bytes) => {
    expect(await readSiteIndex(new Uint8Array(bytes))).toMatchObject({ outcome: 'invalid' });
  });

  test('of a manifest with a pack that it does not list are invalid', async () => {
    const stored = await encodeSiteManifest({ ...base, packs: base.packs.slice(1) });
    expect(await readSiteManifest(stored)).toMatchObject({ outcome: 'invalid' });
  });
});
