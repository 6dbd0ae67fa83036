import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ComparedFile, compareSites } from './compare.ts';

const file = (path: string, size: number, sha256 = `${size}`, crc32 = size): ComparedFile => ({
  path,
  size,
  sha256,
  crc32,
});

test('counts and lists what differs, the largest difference first', () => {
  const before = [file('index.html', 100), file('a.js', 5000), file('gone.css', 300), file('same.png', 9)];
  const after = [file('index.html', 110), file('a.js', 9000), file('new.svg', 50), file('same.png', 9)];
  expect(compareSites(before, after)).toEqual({
    before: { files: 4, bytes: 5409 },
    after: { files: 4, bytes: 9169 },
    added: 1,
    removed: 1,
    changed: 2,
    unchanged: 1,
    files: [
      { path: 'a.js', before: 5000, after: 9000 },
      { path: 'gone.css', before: 300, after: null },
      { path: 'new.svg', before: null, after: 50 },
      { path: 'index.html', before: 100, after: 110 },
    ],
  });
});

test('a file with another hash in its name has changed', () => {
  const { added, removed, files } = compareSites(
    [file('assets/index-DiwrgTda.js', 100)],
    [file('assets/index-CkZq81Ws.js', 120)],
  );
  expect([added, removed]).toEqual([0, 0]);
  expect(files).toEqual([
    { path: 'assets/index-CkZq81Ws.js', renamedFrom: 'assets/index-DiwrgTda.js', before: 100, after: 120 },
  ]);
});

test('which of several it was stays unknown', () => {
  const { added, removed, changed } = compareSites(
    [file('assets/index-DiwrgTda.js', 100), file('assets/index-AbCd12Ef.js', 50)],
    [file('assets/index-CkZq81Ws.js', 120)],
  );
  expect([added, removed, changed]).toEqual([1, 2, 0]);
});

test('without a digest, size and checksum decide', () => {
  const of = (crc32: number) => [file('index.html', 10, '', crc32)];
  expect(compareSites(of(1), of(1)).unchanged).toBe(1);
  expect(compareSites(of(1), of(2)).changed).toBe(1);
});

test('the modules of a server are left out', () => {
  const { after, files } = compareSites([], [file('.appflux/server/worker.js', 10), file('index.html', 10)]);
  expect(after.files).toBe(1);
  expect(files.map(({ path }) => path)).toEqual(['index.html']);
});

describe('any two sites', () => {
  const sites = fc.uniqueArray(
    fc.record({
      path: fc.constantFrom(...'abcdefgh'),
      size: fc.nat(9),
      sha256: fc.constant(''),
      crc32: fc.nat(3),
    }),
    { selector: ({ path }) => path },
  );

  test('each file counts once', () => {
    fc.assert(
      fc.property(sites, sites, (before, after) => {
        const { added, removed, changed, unchanged } = compareSites(before, after);
        expect(removed + changed + unchanged).toBe(before.length);
        expect(added + changed + unchanged).toBe(after.length);
      }),
    );
  });

  test('the other way round, the same files differ', () => {
    fc.assert(
      fc.property(sites, sites, (before, after) => {
        const there = compareSites(before, after);
        const back = compareSites(after, before);
        expect([back.added, back.removed, back.changed]).toEqual([there.removed, there.added, there.changed]);
      }),
    );
  });
});
