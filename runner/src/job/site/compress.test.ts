import { randomBytes } from 'node:crypto';
import { brotliDecompressSync, inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { compress, isCompressible, MAX_COMPRESSED_BYTES } from './compress.ts';

describe('what may be compressed', () => {
  test.each([
    'index.html',
    'a.js',
    'a.wasm',
    'a.svg',
    'a.ttf',
    'a.ico',
    'a.bmp',
    'sitemap.xml',
    'CNAME',
    'data.bin',
    'a.pdf',
  ])('%s may', (name) => {
    expect(isCompressible(name, 1000)).toBe(true);
  });

  test.each([
    'a.png',
    'a.JPG',
    'a.webp',
    'a.avif',
    'a.woff2',
    'a.mp4',
    'a.mp3',
    'a.wav',
    'a.zip',
    'a.js.br',
    'a.gz',
    'a.apk',
    'a.docx',
  ])('%s may not', (name) => {
    expect(isCompressible(name, 1000)).toBe(false);
  });

  test('depends on the size', () => {
    expect(isCompressible('a.js', 0)).toBe(false);
    expect(isCompressible('a.js', 18)).toBe(false);
    expect(isCompressible('a.js', MAX_COMPRESSED_BYTES)).toBe(true);
    expect(isCompressible('a.js', MAX_COMPRESSED_BYTES + 1)).toBe(false);
  });
});

describe.each([8, 11])('at quality %d', (quality) => {
  test('text comes back from both forms', async () => {
    const text = Buffer.from('<p>Hello, world. </p>\n'.repeat(500));
    const { method, bytes, br } = await compress(text, quality);
    expect(method).toBe('deflate');
    expect(inflateRawSync(bytes)).toEqual(text);
    expect(brotliDecompressSync(br ?? '')).toEqual(text);
    expect(br?.length).toBeLessThan(bytes.length);
  });

  test('is kept once if both forms together are larger than the content', async () => {
    const hex = Buffer.from(randomBytes(2000).toString('hex'));
    const { method, bytes, br } = await compress(hex, quality);
    expect(method).toBe('deflate');
    expect(bytes.length).toBeLessThan(0.6 * hex.length);
    expect(br).toBeNull();
  });

  test('what doesn’t become smaller is stored as it is', async () => {
    const noise = randomBytes(5000);
    expect(await compress(noise, quality)).toEqual({ method: 'stored', bytes: noise, br: null });
    expect(await compress(Buffer.from('{"a":1,"b":2,"c":3}'), quality)).toMatchObject({
      method: 'stored',
      br: null,
    });
  });
});
