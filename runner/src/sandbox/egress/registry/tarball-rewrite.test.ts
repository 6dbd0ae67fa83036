import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rewriteTarballs } from './tarball-rewrite.ts';

const UPSTREAM = new URL('https://packages.test/npm/');
const PROXY = 'http://127.0.0.1:3128/';

/** Sends `json` through in pieces that end at `cuts`. */
function rewritten(json: string, cuts: number[] = [], upstream = UPSTREAM): Promise<string> {
  const bytes = Buffer.from(json);
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const pieces = [0, ...ends].map((start, index) => bytes.subarray(start, ends[index] ?? bytes.length));
  return text(Readable.from(pieces, { objectMode: false }).pipe(rewriteTarballs(upstream, PROXY)));
}

describe('rewriting tarball addresses', () => {
  it.each([
    ['as registries write it', '{"tarball":"https://packages.test/npm/a/-/a-1.0.0.tgz"}'],
    ['with white space', '{ "tarball" : "https://packages.test/npm/a/-/a-1.0.0.tgz" }'],
    ['with escaped slashes', String.raw`{"tarball":"https:\/\/packages.test\/npm\/a/-/a-1.0.0.tgz"}`],
    ['with the wrong scheme', '{"tarball":"http://packages.test/npm/a/-/a-1.0.0.tgz"}'],
  ])('%s', async (_how, json) => {
    expect(JSON.parse(await rewritten(json))).toEqual({ tarball: 'http://127.0.0.1:3128/a/-/a-1.0.0.tgz' });
  });

  it.each([
    ['another host', '{"tarball":"https://files.test/npm/a.tgz"}'],
    ['another path', '{"tarball":"https://packages.test/other/a.tgz"}'],
    ['a host that only begins the same', '{"tarball":"https://packages.test.evil.test/npm/a.tgz"}'],
    ['a host that a dot in a pattern would match', '{"tarball":"https://packagesxtest/npm/a.tgz"}'],
    ['another member', '{"homepage":"https://packages.test/npm/a"}'],
    [
      'text that quotes a member',
      JSON.stringify({ readme: '{"tarball":"https://packages.test/npm/a.tgz"}' }),
    ],
  ])('leaves %s alone', async (_what, json) => {
    expect(await rewritten(json)).toBe(json);
  });

  it('does the same to whatever pieces the text comes in', async () => {
    const address = fc.constantFrom(
      'https://packages.test/npm/a/-/a-1.0.0.tgz',
      'https://packages.test/npm/@scope/b/-/b-2.0.0.tgz',
      'https://files.test/c.tgz',
      '"tarball":"https://packages.test/npm/',
    );
    const version = fc.record({
      description: fc.string({ unit: 'grapheme', maxLength: 40 }),
      dist: fc.record({ tarball: address, shasum: fc.string() }),
      tarball: fc.oneof(address, fc.constant(null)),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(version, { maxLength: 20 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        async (versions, cuts) => {
          const expected = JSON.parse(JSON.stringify(versions), (key, value) =>
            key === 'tarball' && typeof value === 'string' && value.startsWith(UPSTREAM.href)
              ? PROXY + value.slice(UPSTREAM.href.length)
              : value,
          );
          expect(JSON.parse(await rewritten(JSON.stringify(versions), cuts))).toEqual(expected);
        },
      ),
    );
  });

  it('keeps any bytes that are no addresses as they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
        const parts: Buffer[] = [];
        for await (const part of Readable.from([Buffer.from(bytes)], { objectMode: false }).pipe(
          rewriteTarballs(UPSTREAM, PROXY),
        )) {
          parts.push(part);
        }
        expect(Buffer.concat(parts).equals(Buffer.from(bytes))).toBe(true);
      }),
    );
  });
});
