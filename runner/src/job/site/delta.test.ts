import {
  applySiteIndex,
  MAX_SITE_PACKS,
  type SiteAddition,
  type SiteManifest,
  siteFile,
} from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packsToLeave, type SiteContent, siteDelta } from './delta.ts';

const SIZE = 100;
const digest = (content: string) => content.padEnd(64, '0');
const content = (path: string, text: string, size = SIZE): SiteContent => ({
  path,
  size,
  sha256: digest(text),
});

/** Publishes as the runner and the edge do, with contents of a byte for each byte. */
function publish(base: SiteManifest | null, files: readonly SiteContent[], number: number) {
  const delta = siteDelta(base, files);
  const byPath = new Map(files.map((file) => [file.path, file]));
  let offset = 0;
  const add = delta.add.map((path): SiteAddition => {
    const { size, sha256 } = byPath.get(path) ?? content(path, '');
    const addition = {
      path,
      size,
      sha256,
      crc32: 0,
      offset,
      length: size,
      method: 'stored' as const,
      br: null,
    };
    offset += size;
    return addition;
  });
  const id = String(number).padStart(24, '0');
  const index = {
    version: 1 as const,
    kind: 'site' as const,
    base: base && { deploymentId: base.deploymentId, sha256: digest('') },
    add,
    copy: [...delta.copy],
    remove: [...delta.remove],
    rules: null,
  };
  const applied = applySiteIndex(base, index, { key: id, size: 20 + offset, blobsStart: 20 }, id);
  if (applied.outcome === 'invalid') throw new Error(applied.message);
  return { delta, ...applied, sent: offset };
}

const published = (manifest: SiteManifest) =>
  manifest.files.map(siteFile).map(({ path, size, sha256 }) => ({ path, size, sha256 }));

const sorted = (files: readonly SiteContent[]) => [...files].sort((a, b) => (a.path < b.path ? -1 : 1));

const first = publish(null, [content('a', 'a'), content('b', 'b'), content('c', 'c')], 1).manifest;

describe('a first publication', () => {
  test('adds each content once, and copies the others', () => {
    const { delta } = publish(null, [content('z', 'a'), content('b', 'b'), content('a', 'a')], 1);
    expect(delta).toEqual({
      add: ['a', 'b'],
      copy: [{ path: 'z', from: 'a' }],
      remove: [],
      newFiles: 3,
      newBytes: 2 * SIZE,
    });
  });

  test('of nothing is empty', () => {
    expect(siteDelta(null, [])).toEqual({ add: [], copy: [], remove: [], newFiles: 0, newBytes: 0 });
  });
});

describe('a later publication', () => {
  test('of the same files sends nothing', () => {
    expect(siteDelta(first, sorted([content('c', 'c'), content('a', 'a'), content('b', 'b')]))).toEqual({
      add: [],
      copy: [],
      remove: [],
      newFiles: 0,
      newBytes: 0,
    });
  });

  test('sends what has changed, and names what is gone', () => {
    expect(siteDelta(first, [content('a', 'a'), content('b', 'B'), content('d', 'd')])).toEqual({
      add: ['b', 'd'],
      copy: [],
      remove: ['c'],
      newFiles: 2,
      newBytes: 2 * SIZE,
    });
  });

  test('copies a file that moved', () => {
    expect(siteDelta(first, [content('a', 'a'), content('b', 'b'), content('e', 'c')])).toMatchObject({
      add: [],
      copy: [{ path: 'e', from: 'c' }],
      remove: ['c'],
      newFiles: 0,
    });
  });

  test('copies files that changed places', () => {
    const { delta, manifest } = publish(first, [content('a', 'b'), content('b', 'a'), content('c', 'c')], 2);
    expect(delta).toMatchObject({ add: [], newFiles: 0 });
    expect(published(manifest)).toEqual([content('a', 'b'), content('b', 'a'), content('c', 'c')]);
  });

  test('sends a content again if its only path in the base gets another one', () => {
    const files = [content('a', 'new'), content('b', 'b'), content('x', 'a')];
    const { delta, manifest } = publish(first, files, 2);
    expect(delta.add).toEqual(['a', 'x']);
    expect(delta).toMatchObject({ newFiles: 1, newBytes: SIZE });
    expect(published(manifest)).toEqual(files);
  });

  test('trusts no file without a digest, and none of another size', () => {
    const old: SiteManifest = {
      ...first,
      files: first.files.map(([path, size, , ...rest]) => [path, size, '', ...rest]),
    };
    expect(siteDelta(old, [content('a', 'a')]).add).toEqual(['a']);
    expect(siteDelta(first, [content('a', 'a', SIZE + 1)]).add).toEqual(['a']);
  });
});

const file = (pack: number, length: number, offset = 0) =>
  siteFile(['p', length, digest('x'), 0, pack, offset, length, 0, 0, 0]);

describe('packs to leave', () => {
  const MB = 1_000_000;

  test('are those that no file uses', () => {
    expect([...packsToLeave([10, 10, 10], [file(1, 10)], 10)]).toEqual([0, 2]);
  });

  test('are none that are used, while the packs are not much larger than the site', () => {
    expect(packsToLeave([10 * MB, 20 * MB], [file(0, 1), file(1, 20 * MB)], 20 * MB).size).toBe(0);
  });

  test('are the least used, as soon as the packs are much larger than the site', () => {
    const used = [file(0, MB), file(1, 10 * MB), file(2, 2 * MB)];
    expect([...packsToLeave([100 * MB, 10 * MB, 20 * MB], used, 13 * MB)]).toEqual([0]);
    expect([...packsToLeave([100 * MB, 10 * MB, 50 * MB], used, 13 * MB)].sort()).toEqual([0, 2]);
  });

  test('count a content that several files have once', () => {
    const used = [file(0, MB), file(0, MB), file(0, MB), file(1, 2 * MB)];
    expect([...packsToLeave([50 * MB, 50 * MB], used, 20 * MB)]).toEqual([0]);
  });

  test('are none of a small site', () => {
    expect(packsToLeave([500_000, 400_000], [file(0, 1), file(1, 1)], 2).size).toBe(0);
  });

  test('are the smaller half, when a site is in as many packs as it may be', () => {
    const packs = Array.from({ length: MAX_SITE_PACKS }, (_, at) => 1000 + at);
    const used = packs.map((size, pack) => file(pack, size));
    expect(packsToLeave(packs.slice(1), used.slice(0, -1), 1e6).size).toBe(0);
    expect([...packsToLeave(packs, used, 1e6)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: MAX_SITE_PACKS / 2 }, (_, at) => at),
    );
  });
});

const site = fc
  .dictionary(
    fc.constantFrom('a', 'b', 'c/a', 'c/b', 'd', 'e', 'f', 'g'),
    fc.tuple(fc.constantFrom('p', 'q', 'r', 's', 't'), fc.constantFrom(0, 1, 700_000)),
  )
  .map((files) => Object.entries(files).map(([path, [text, size]]) => content(path, `${text}${size}`, size)));

test('any publications one after the other are the files that were published, in bounded packs', () => {
  fc.assert(
    fc.property(fc.array(site, { minLength: 1, maxLength: 8 }), (sites) => {
      let base: SiteManifest | null = null;
      for (const [number, files] of sites.entries()) {
        const before: SiteManifest | null = base;
        const result = publish(before, files, number);
        expect(published(result.manifest)).toEqual(sorted(files));
        expect(result.figures).toMatchObject({
          files: files.length,
          newFiles: result.delta.newFiles,
          newBytes: result.delta.newBytes,
        });
        const contents = new Map(files.map(({ sha256, size }) => [sha256, size]));
        const siteBytes = [...contents.values()].reduce((sum, size) => sum + size, 0);
        const packBytes = result.manifest.packs.reduce((sum, { size }) => sum + size, 0);
        expect(result.sent).toBeLessThanOrEqual(siteBytes);
        expect(packBytes).toBeLessThanOrEqual(Math.max(1024 * 1024, 4 * siteBytes) + siteBytes + 1000);
        base = result.manifest;
      }
    }),
    { numRuns: 300 },
  );
});

test('three hundred publications that change a file each stay within the number of packs', () => {
  const files = Array.from({ length: 300 }, (_, at) => content(`f${at}`, `0x${at}`, 1000));
  let base: SiteManifest | null = null;
  let sent = 0;
  for (let number = 0; number < 300; number += 1) {
    files[number] = content(`f${number}`, `n${number}`, 1000);
    const before: SiteManifest | null = base;
    const result = publish(before, files, number);
    base = result.manifest;
    sent += result.sent;
    expect(base.packs.length).toBeLessThanOrEqual(MAX_SITE_PACKS);
  }
  // The files themselves, a change of each, and what is stored again so that the packs don't become too many.
  expect(sent).toBeLessThan(3 * 300 * 1000);
});
