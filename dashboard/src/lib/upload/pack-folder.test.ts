// @vitest-environment node
/** Folders in the browser: packed by the same rules as on the command line. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { BlobReader, TextWriter, ZipReader } from '@zip.js/zip.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { collect } from '../../../../cli/src/pack/collect.ts';
import { collectFolder, packFolder } from './pack-folder.ts';
import { fromFileList, type SourceFile, type SourceFolder } from './source-tree.ts';

let top: string;
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'appflux-folder-'));
});
afterEach(() => rm(top, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(top, path)), { recursive: true });
    await writeFile(join(top, path), content);
  }
}

/** A folder of this machine, as a page sees a dropped one. */
function folderAt(path: string): SourceFolder {
  return {
    name: basename(path),
    children: async () => {
      const items = await readdir(path, { withFileTypes: true });
      return items.map((item): SourceFile | SourceFolder => {
        const at = join(path, item.name);
        if (item.isDirectory()) return folderAt(at);
        return { name: item.name, read: async () => new File([await readFile(at)], item.name) };
      });
    },
  };
}

const collected = () => collectFolder(folderAt(top), false);

async function unpacked(zip: Blob) {
  const reader = new ZipReader(new BlobReader(zip), { useWebWorkers: false });
  const entries = await reader.getEntries();
  const result = [];
  for (const entry of entries) {
    const text = entry.directory ? null : await entry.getData(new TextWriter());
    result.push({ path: entry.filename, mode: entry.unixMode, text });
  }
  await reader.close();
  return result;
}

describe('a folder', () => {
  test('gives the files that the command line takes', async () => {
    await write({
      'index.html': '',
      '.env': '',
      '.env.local': 'SECRET=1',
      '.git/config': '',
      'node_modules/x/index.js': '',
      'packages/a/node_modules/y.js': '',
      'packages/a/src/node_modules.ts': '',
      '.DS_Store': '',
      'a.log': '',
      'keep.log': '',
      'src/dist/b.js': '',
      'dist/a.js': '',
      'only-top': '',
      'src/only-top': '',
      'deep/a/b/c.tmp': '',
      'src/gen/x.ts': '',
      'src/gen/keep.ts': '',
      'media/film.mp4': '',
      'media/poster.png': '',
      '.gitignore': '*.log\n!keep.log\n/dist/\n/only-top\ndeep/**/*.tmp\n',
      'src/.gitignore': 'gen/*\n!gen/keep.ts\n',
      '.appfluxignore': '*.mp4\n!dist/\n',
    });
    const { files, leftOut } = await collected();
    expect(files.map(({ path }) => path)).toEqual((await collect(top)).entries.map(({ path }) => path));
    expect(files.map(({ path }) => path)).toContain('dist/a.js');
    expect(leftOut).toEqual(
      expect.arrayContaining(['.env.local', '.git/', 'node_modules/', 'media/film.mp4', 'only-top']),
    );
    expect(leftOut).not.toContain('src/only-top');
  });

  test('becomes a ZIP with the same bytes each time, in which programs stay executable', async () => {
    await write({ 'package.json': '{}', gradlew: '#!/bin/sh\n', 'src/a.ts': 'export {};\n' });
    await chmod(join(top, 'gradlew'), 0o755);
    const done: number[] = [];
    const { zip, count } = await packFolder(await collected(), (files) => done.push(files));
    const again = await packFolder(await collected());
    expect(Buffer.from(await zip.arrayBuffer()).equals(Buffer.from(await again.zip.arrayBuffer()))).toBe(
      true,
    );
    expect([zip.name, count, done]).toEqual([`${basename(top)}.zip`, 3, [1, 2, 3]]);
    expect(await unpacked(zip)).toEqual([
      { path: 'gradlew', mode: 0o100755, text: '#!/bin/sh\n' },
      { path: 'package.json', mode: 0o100644, text: '{}' },
      { path: 'src/a.ts', mode: 0o100644, text: 'export {};\n' },
    ]);
  });

  test('whose files are all in one folder keeps that folder', async () => {
    await write({ 'site/index.html': '' });
    const { zip } = await packFolder(await collected());
    expect((await unpacked(zip)).map(({ path }) => path)).toEqual(['site/index.html', '.appflux/']);
  });

  test('without anything to deploy is refused', async () => {
    await write({ 'node_modules/a.js': '' });
    await expect(collected()).rejects.toMatchObject({
      code: 'unprocessable',
      message: expect.stringContaining('no files to deploy'),
    });
  });

  test('with a name that no runner accepts is refused, unless it is ignored', async () => {
    await write({ 'a.txt': '', 'back\\slash.txt': '' });
    await expect(collected()).rejects.toThrow(/has a backslash/);
    await write({ '.appfluxignore': 'back*\n' });
    expect((await collected()).files).toHaveLength(2);
  });

  test('beyond the limits of a runner names what is large', async () => {
    await write({ 'index.html': '', 'media/film.mp4': 'x'.repeat(5000), 'media/b.png': '' });
    const limits = { entries: 10, bytes: 4000 };
    await expect(collectFolder(folderAt(top), false, limits)).rejects.toMatchObject({
      hint: expect.stringContaining('media/film.mp4'),
    });
    await expect(collectFolder(folderAt(top), false, { ...limits, entries: 1 })).rejects.toMatchObject({
      message: 'The folder has more than 1 files.',
    });
  });

  test('packing stops when another source is chosen', async () => {
    await write({ 'a.txt': '', 'b.txt': '' });
    const abort = new AbortController();
    const packing = packFolder(await collected(), () => abort.abort(new Error('other')), abort.signal);
    await expect(packing).rejects.toThrow('other');
  });
});

test('the files of a folder dialog become the folder that was chosen', async () => {
  const file = (path: string) => {
    const made = new File(['x'], path.split('/').at(-1) ?? '');
    return Object.assign(made, { webkitRelativePath: path });
  };
  const folder = fromFileList([
    file('shop/index.html'),
    file('shop/node_modules/a/b.js'),
    file('shop/src/a.ts'),
  ]);
  expect(folder.name).toBe('shop');
  const { files, leftOut } = await collectFolder(folder, false);
  expect(files.map(({ path }) => path)).toEqual(['index.html', 'src/a.ts']);
  expect(leftOut).toEqual(['node_modules/']);
});
