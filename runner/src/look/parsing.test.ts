/** Git's output, in whatever pieces it comes. */
import type { LookFindings } from '@appflux/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BatchReader } from './batch-reader.ts';
import { fitted, MAX_FINDINGS_BYTES } from './fit.ts';
import { readRefs } from './refs.ts';
import { TreeListing } from './tree-listing.ts';

const ID = 'a'.repeat(40);

/** The same bytes in pieces of these lengths. */
function pieces(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const parts: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    parts.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...parts, bytes.subarray(at)];
}

const anyPieces = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 20 });

test('objects are read alike in any pieces, each as far as it is wanted', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string(), fc.integer({ min: 0, max: 20 })), { maxLength: 8 }),
      anyPieces,
      (objects, lengths) => {
        const output = Buffer.concat(
          objects.map(([text]) => {
            const content = Buffer.from(text);
            return Buffer.concat([Buffer.from(`${ID} blob ${content.length}\n`), content, Buffer.from('\n')]);
          }),
        );
        const texts: [number, string][] = [];
        const reader = new BatchReader(
          objects.map(([, most]) => most),
          (index, text) => texts.push([index, text]) > 0,
        );
        for (const piece of pieces(output, lengths)) reader.push(piece);
        expect(texts).toEqual(
          objects.map(([text, most], index) => [
            index,
            Buffer.from(text)
              .subarray(0, most)
              .toString('utf8')
              .replace(/^\u{FEFF}/u, ''),
          ]),
        );
      },
    ),
  );
});

test('an object that is missing has no text, and those after it keep theirs', () => {
  const texts: [number, string][] = [];
  const reader = new BatchReader([9, 9], (index, text) => texts.push([index, text]) > 0);
  reader.push(Buffer.from(`${ID} missing\n${ID} blob 2\nhi\n`));
  expect(texts).toEqual([[1, 'hi']]);
});

test('a listing is read alike in any pieces; of too many entries those near the top are kept', () => {
  const record = (mode: string, path: string, size = '5') =>
    `${mode} blob ${ID} ${size.padStart(7)}\t${path}\0`;
  const output = Buffer.from(
    record('040000', 'deep', '-') +
      record('100644', 'deep/a/b/c') +
      record('120000', 'link') +
      record('160000', 'submodule', '-') +
      record('100755', 'run') +
      record('100644', 'z\ttab'),
  );
  fc.assert(
    fc.property(anyPieces, (lengths) => {
      const listing = new TreeListing(() => true, 3);
      for (const piece of pieces(output, lengths)) listing.push(piece);
      expect(listing.entries().map(({ path, kind }) => [path, kind])).toEqual([
        ['deep', 'folder'],
        ['run', 'file'],
        ['z\ttab', 'file'],
      ]);
    }),
  );
});

test('a listing without an end is not read on', () => {
  const listing = new TreeListing(() => true, 3);
  expect(listing.push(Buffer.alloc(10_000, 'a'))).toBe(false);
});

test('branches are read, the default one first; what is cut off or can’t be shown is left out', () => {
  const output = [
    'ref: refs/heads/main\tHEAD',
    `${ID}\tHEAD`,
    `${ID}\trefs/heads/alpha`,
    `${ID}\trefs/heads/bad\u0007bell`,
    `${ID}\trefs/heads/main`,
    `${ID}\trefs/heads/cut-o`,
  ].join('\n');
  expect(readRefs(output)).toEqual({ defaultBranch: 'main', branches: ['main', 'alpha'] });
});

test('a server that names no default branch has none', () => {
  expect(readRefs(`${ID}\tHEAD\n${ID}\trefs/heads/main\n`)).toEqual({
    defaultBranch: null,
    branches: ['main'],
  });
  expect(readRefs('')).toEqual({ defaultBranch: null, branches: [] });
});

test('findings fit into a frame, whatever a repository has in it', () => {
  const way = (reasons: number): LookFindings['candidates']['ways'][number] => ({
    set: { rootDirectory: 'ä'.repeat(500), type: null, framework: null },
    plan: {
      type: 'web',
      framework: null,
      packageManager: null,
      image: 'appflux/web-builder',
      node: null,
      installCommand: 'ä'.repeat(2000),
      buildCommand: '"'.repeat(2000),
      outputs: Array.from({ length: 50 }, () => 'ä'.repeat(512)),
      reasons: Array.from({ length: reasons }, () => 'ä'.repeat(500)),
    },
  });
  const findings = (ways: number, reasons: number): LookFindings => ({
    branch: 'main',
    defaultBranch: 'main',
    branches: Array.from({ length: 100 }, () => 'ä'.repeat(255)),
    commit: { hash: ID, message: '' },
    candidates: { ways: Array.from({ length: ways }, () => way(reasons)), problem: null },
  });
  for (const count of [0, 1, 3, 20]) {
    const fit = fitted(findings(count, 50));
    expect(Buffer.byteLength(JSON.stringify(fit))).toBeLessThanOrEqual(MAX_FINDINGS_BYTES);
  }
  const small = { ...findings(0, 0), branches: ['main'] };
  expect(fitted(small)).toBe(small);
});
