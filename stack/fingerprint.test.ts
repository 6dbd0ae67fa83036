import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fingerprint, hashTree, type InputFile, readStamp, readTree, writeStamp } from './fingerprint.ts';

const file = (path: string, content: string, executable = false): InputFile => ({
  path,
  executable,
  content: Buffer.from(content),
});

describe('a fingerprint', () => {
  const someFiles = fc.uniqueArray(
    fc.record({
      path: fc.string({ minLength: 1, maxLength: 5 }),
      executable: fc.boolean(),
      content: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
    }),
    { selector: ({ path }) => path, maxLength: 5 },
  );

  test('does not depend on the order of the files', () => {
    fc.assert(
      fc.property(someFiles, (files) => {
        expect(fingerprint(files.toReversed())).toBe(fingerprint(files));
      }),
    );
  });

  test('differs for any two different sets of files', () => {
    const plain = (files: InputFile[]) =>
      JSON.stringify(files.map((one) => [one.path, one.executable, one.content.toString('hex')]).sort());
    fc.assert(
      fc.property(someFiles, someFiles, (a, b) => {
        expect(fingerprint(a) === fingerprint(b)).toBe(plain(a) === plain(b));
      }),
    );
  });

  test('differs when content moves from one file to the next', () => {
    expect(fingerprint([file('a', 'xy'), file('b', '')])).not.toBe(
      fingerprint([file('a', 'x'), file('b', 'y')]),
    );
  });

  test('depends on the executable bit and on other inputs', () => {
    const files = [file('run', 'x')];
    expect(fingerprint([file('run', 'x', true)])).not.toBe(fingerprint(files));
    expect(fingerprint(files, 'amd64')).not.toBe(fingerprint(files, 'arm64'));
    expect(fingerprint(files, 'a', 'b')).not.toBe(fingerprint(files, 'ab'));
  });
});

describe('a tree of inputs', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'appflux-tree-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('contains every source file, and no test, link or download', async () => {
    for (const path of ['src/deep', 'node_modules/x', 'made'])
      await mkdir(join(folder, path), { recursive: true });
    await writeFile(join(folder, 'src/deep/a.ts'), 'a');
    await writeFile(join(folder, 'src/a.test.ts'), 'test');
    await writeFile(join(folder, 'node_modules/x/index.js'), 'x');
    await writeFile(join(folder, 'made/out.js'), 'made');
    await writeFile(join(folder, 'run'), '#!/bin/sh');
    await chmod(join(folder, 'run'), 0o755);
    await symlink('/etc/passwd', join(folder, 'link'));

    const files = await readTree(folder, 'top', ['node_modules', 'made']);
    expect(files.map(({ path, executable }) => [path, executable]).sort()).toEqual([
      ['top/run', true],
      ['top/src/deep/a.ts', false],
    ]);
  });

  test('has the same hash until a path or a content changes, however large a file is', async () => {
    await mkdir(join(folder, 'a'));
    const large = Buffer.alloc(200_000, 'x');
    await writeFile(join(folder, 'a', 'large'), large);
    await writeFile(join(folder, 'b'), 'b');
    const hashes = [hashTree(folder), hashTree(folder)];
    large[199_999] = 0;
    await writeFile(join(folder, 'a', 'large'), large);
    hashes.push(hashTree(folder));
    await rename(join(folder, 'b'), join(folder, 'c'));
    hashes.push(hashTree(folder));
    await writeFile(join(folder, 'd'), '');
    hashes.push(hashTree(folder));
    await symlink('/etc/passwd', join(folder, 'link'));
    expect(new Set(hashes).size).toBe(4);
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashTree(folder)).toBe(hashes[4]);
  });

  test('is stored and read as a stamp', async () => {
    const stamp = join(folder, 'stamp');
    expect(await readStamp(stamp)).toBeNull();
    await writeStamp(stamp, 'hash');
    expect(await readStamp(stamp)).toBe('hash');
  });
});
