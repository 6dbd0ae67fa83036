/** Packages that want to be more than a folder of files. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { archiveOf, packageEntries, type TarEntry } from './testing/packages.ts';
import { BadPackage, unpack } from './unpack.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'appflux-unpack-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function unpacked(
  entries: readonly TarEntry[],
  limits?: Parameters<typeof unpack>[2],
): Promise<string> {
  await writeFile(join(home, 'runner.tgz'), await archiveOf(entries));
  const folder = join(home, 'tree');
  await unpack(join(home, 'runner.tgz'), folder, limits);
  return folder;
}

test('files and folders arrive, with the right to be executed and no other', async () => {
  const folder = await unpacked([
    { name: 'folder/', type: 'directory' },
    ...packageEntries('1.0.0', 'program'),
    { name: './.npmrc', text: 'fund=false', mode: 0o4777 },
  ]);
  expect((await readdir(folder)).sort()).toEqual(['.npmrc', 'runner']);
  expect(await readFile(join(folder, 'runner/src/commands/cli.ts'), 'utf8')).toBe('program');
  expect((await stat(join(folder, 'runner/src/commands/cli.ts'))).mode & 0o7777).toBe(0o755);
  expect((await stat(join(folder, '.npmrc'))).mode & 0o7022).toBe(0);
});

const BAD: readonly (readonly [string, readonly TarEntry[]])[] = [
  ['leads out', [{ name: '../outside', text: 'x' }]],
  ['leads out from below', [{ name: 'runner/../../outside', text: 'x' }]],
  ['is absolute', [{ name: '/etc/cron.d/outside', text: 'x' }]],
  ['has a backslash', [{ name: '..\\outside', text: 'x' }]],
  ['has a line break', [{ name: 'a\nb', text: 'x' }]],
  ['is a link out', [{ name: 'link', type: 'symlink', linkname: '/etc' }]],
  [
    'is written through a link',
    [
      { name: 'link', type: 'symlink', linkname: '..' },
      { name: 'link/outside', text: 'x' },
    ],
  ],
  ['is a hard link', [{ name: 'link', type: 'link', linkname: '/etc/passwd' }]],
  ['is a device', [{ name: 'device', type: 'character-device', devmajor: 1, devminor: 3 }]],
  ['is a pipe', [{ name: 'pipe', type: 'fifo' }]],
  [
    'comes twice',
    [
      { name: 'file', text: 'first' },
      { name: './file', text: 'second' },
    ],
  ],
];

test.each(BAD)('an entry that %s is refused, and nothing is outside', async (_what, entries) => {
  await expect(unpacked([...packageEntries('1.0.0'), ...entries])).rejects.toThrow(BadPackage);
  expect((await readdir(home)).sort()).toEqual(['runner.tgz', 'tree']);
});

test('a package with too many entries, or too many bytes, is refused', async () => {
  const entries = packageEntries('1.0.0', 'x'.repeat(2000));
  await expect(unpacked(entries, { entries: 1, bytes: 1e6 })).rejects.toThrow('too large');
  await rm(join(home, 'tree'), { recursive: true });
  await expect(unpacked(entries, { entries: 10, bytes: 1000 })).rejects.toThrow('too large');
});

test('an archive that is cut off, and what is none, are errors', async () => {
  const archive = await archiveOf(packageEntries('1.0.0', 'x'.repeat(100_000)));
  for (const bytes of [archive.subarray(0, archive.length / 2), Buffer.from('<html>')]) {
    await writeFile(join(home, 'runner.tgz'), bytes);
    await expect(unpack(join(home, 'runner.tgz'), join(home, 'tree'))).rejects.toThrow();
    await rm(join(home, 'tree'), { recursive: true });
  }
});
