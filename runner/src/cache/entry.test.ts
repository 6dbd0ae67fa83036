import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decidingFiles } from './deciding-files.ts';
import { type Entry, readEntries, writeEntry } from './entry.ts';
import { appFolder } from './folder.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-entries-'));
});
afterEach(() => rm(folder, { recursive: true }));

const entry: Entry = {
  scope: 'production',
  image: 'appflux/web-builder',
  key: 'k',
  layers: [{ id: 'a'.repeat(12), bytes: 1 }],
  installed: { key: 'i', layer: { id: 'b'.repeat(12), bytes: 2 } },
  boot: 'this start',
};

describe('an entry', () => {
  test('whose layers may not have reached the disk counts until the host restarts', async () => {
    const app = appFolder(folder, '1'.repeat(24));
    await writeEntry(app, entry);
    expect(await readEntries(app, 'this start')).toMatchObject([entry]);
    expect(await readEntries(app, 'the next start')).toEqual([]);
    expect(await readdir(app.entries)).toEqual([]);
  });

  test('whose layers have reached the disk counts after each start', async () => {
    const app = appFolder(folder, '1'.repeat(24));
    await writeEntry(app, { ...entry, boot: null });
    expect(await readEntries(app, 'the next start')).toHaveLength(1);
    expect(await readEntries(app, null)).toHaveLength(1);
  });

  test('keeps the time of its last use where only something about it is noted', async () => {
    const app = appFolder(folder, '1'.repeat(24));
    await writeEntry(app, entry, 1_700_000_000_000);
    expect(await readEntries(app, 'this start')).toMatchObject([{ usedAt: 1_700_000_000_000 }]);
  });

  test('that cannot be read as one is removed', async () => {
    const app = appFolder(folder, '1'.repeat(24));
    await mkdir(app.entries, { recursive: true });
    await writeFile(join(app.entries, 'half.json'), JSON.stringify(entry).slice(0, 40));
    await writeFile(join(app.entries, 'older.json'), JSON.stringify({ ...entry, boot: undefined }));
    // Until 0.1.0, packages were a folder of the cache's own layers.
    await writeFile(join(app.entries, 'copies.json'), JSON.stringify({ ...entry, installed: 'i' }));
    expect(await readEntries(app, 'this start')).toEqual([]);
    expect(await readdir(app.entries)).toEqual([]);
  });
});

describe('deciding files', () => {
  const project = async (path: string) => {
    await mkdir(join(folder, path), { recursive: true });
    await writeFile(join(folder, path, 'package.json'), '{}');
    return join(folder, path);
  };

  test('are those of the root directory, and none where folders above it have some', async () => {
    const root = await project('apps/web');
    await writeFile(join(root, '.npmrc'), 'omit=dev');
    expect([...((await decidingFiles(root, folder)) ?? [])]).toEqual([
      ['package.json', '{}'],
      ['.npmrc', 'omit=dev'],
    ]);
    await writeFile(join(folder, 'apps', '.npmrc'), '');
    expect(await decidingFiles(root, folder)).toBeNull();
  });

  test('are not said of a project where one of them is a link', async () => {
    const root = await project('.');
    await writeFile(join(folder, 'elsewhere'), 'omit=dev');
    await symlink(join(folder, 'elsewhere'), join(root, '.npmrc'));
    expect(await decidingFiles(root, folder)).toBeNull();
  });
});
