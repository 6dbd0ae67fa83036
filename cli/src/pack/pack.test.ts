import { chmod, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MAX_SOURCE_ENTRIES } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXIT } from '../exit.ts';
import { pack } from './archive.ts';
import { collect } from './collect.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-pack-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Writes files by their paths. */
async function write(files: Record<string, string>, into = folder): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(into, path)), { recursive: true });
    await writeFile(join(into, path), content);
  }
}

const pathsOf = async (from = folder) => (await collect(from)).entries.map(({ path }) => path);

const empty = (...paths: string[]) => Object.fromEntries(paths.map((path) => [path, '']));

describe('what is packed', () => {
  test('is everything but what never belongs in a source', async () => {
    await write(
      empty(
        'index.html',
        '.env',
        '.env.local',
        '.env.production.local',
        '.git/config',
        'packages/a/.git',
        'node_modules/x/index.js',
        'packages/a/node_modules/y.js',
        '.appflux/project.json',
        'packages/a/src/node_modules.ts',
        '.github/workflows/ci.yml',
        '.DS_Store',
      ),
    );
    expect(await pathsOf()).toEqual([
      '.env',
      '.github/workflows/ci.yml',
      'index.html',
      'packages/a/src/node_modules.ts',
    ]);
  });

  test('follows .gitignore files as Git does', async () => {
    await write({
      ...empty(
        'a.log',
        'keep.log',
        'dist/a.js',
        'src/dist/b.js',
        'src/a.ts',
        'src/gen/x.ts',
        'src/gen/keep.ts',
      ),
      ...empty('only-top', 'src/only-top', 'deep/a/b/c.tmp'),
      '.gitignore': '*.log\n!keep.log\ndist/\n/only-top\ndeep/**/*.tmp\n# comment\n',
      'src/.gitignore': 'gen/*\n!gen/keep.ts\n',
    });
    expect(await pathsOf()).toEqual([
      '.gitignore',
      'keep.log',
      'src/.gitignore',
      'src/a.ts',
      'src/gen/keep.ts',
      'src/only-top',
    ]);
  });

  test('follows .appfluxignore before .gitignore', async () => {
    await write({
      ...empty('dist/app.js', 'dist/app.js.map', 'src/a.ts', 'docs/a.md', '.env.local'),
      '.gitignore': 'dist/\n',
      '.appfluxignore': '!dist/\n*.map\ndocs\n!.env.local\n',
    });
    expect(await pathsOf()).toEqual([
      '.appfluxignore',
      '.env.local',
      '.gitignore',
      'dist/app.js',
      'src/a.ts',
    ]);
  });

  test('follows rules for files in a folder that another file takes in', async () => {
    await write({
      ...empty('sub/out/a.js', 'sub/out/.env', 'sub/out/a.tmp', 'out/b.js'),
      '.gitignore': 'out/\n.env\n*.tmp\n',
      'sub/.gitignore': '!out/\n',
    });
    expect(await pathsOf()).toEqual(['.gitignore', 'sub/.gitignore', 'sub/out/a.js']);
  });

  test('can’t be made to have .git or node_modules', async () => {
    await write({
      ...empty('a', '.git/config', 'node_modules/x.js', '.appflux/project.json'),
      '.appfluxignore': '!.git\n!node_modules\n!.appflux\n',
    });
    expect(await pathsOf()).toEqual(['.appfluxignore', 'a']);
  });

  test('of a folder in a repository follows the rules above it', async () => {
    await write({
      ...empty('.git/HEAD', 'apps/web/a.ts', 'apps/web/secret.txt', 'apps/web/build/x', 'apps/other/y'),
      '.gitignore': 'secret.txt\napps/web/build\n',
    });
    expect(await pathsOf(join(folder, 'apps', 'web'))).toEqual(['a.ts']);
  });

  test('of a folder that is ignored itself is all of it', async () => {
    await write({
      ...empty('.git/HEAD', 'dist/index.html', 'dist/assets/a.js', 'dist/.DS_Store'),
      '.gitignore': 'dist\n*.js\n',
    });
    expect(await pathsOf(join(folder, 'dist'))).toEqual(['assets/a.js', 'index.html']);
  });

  test('has links that stay inside, and names those that lead out', async () => {
    await write(empty('a/file', 'b/file'));
    await symlink('a/file', join(folder, 'inside'));
    await symlink('../b', join(folder, 'a', 'up'));
    await symlink('missing', join(folder, 'dangling'));
    await symlink('/etc/passwd', join(folder, 'absolute'));
    await symlink('../../etc', join(folder, 'a', 'out'));
    await symlink('up/../../x', join(folder, 'a', 'through'));
    await symlink('loop', join(folder, 'loop'));
    const { entries, notes } = await collect(folder);
    expect(entries.filter(({ kind }) => kind === 'link')).toEqual([
      { path: 'a/up', kind: 'link', size: 4, target: '../b' },
      { path: 'dangling', kind: 'link', size: 7, target: 'missing' },
      { path: 'inside', kind: 'link', size: 6, target: 'a/file' },
    ]);
    expect(notes).toEqual(
      ['a/out', 'a/through', 'absolute', 'loop'].map(
        (path) => `"${path}" is left out: it is a link to a path outside the folder.`,
      ),
    );
  });

  test('of a link to a folder is the link, not what is in the folder', async () => {
    await write(empty('real/file'));
    await symlink('real', join(folder, 'linked'));
    expect(await pathsOf()).toEqual(['linked', 'real/file']);
  });

  test.each([
    ['a line feed', 'a\nb', 'has a control character'],
    ['an escape', 'a\u001b[2J', 'has a control character'],
    ['a backslash', 'a\\b', 'has a backslash'],
  ])('is refused with %s in a name', async (_title, name, message) => {
    await write(empty(name));
    await expect(collect(folder)).rejects.toMatchObject({
      exit: EXIT.usage,
      message: expect.stringContaining(message),
    });
  });

  test('is refused if it is nothing, no folder, or not there', async () => {
    await expect(collect(folder)).rejects.toMatchObject({
      message: expect.stringContaining('no files to deploy'),
    });
    await expect(collect(join(folder, 'x'))).rejects.toMatchObject({
      message: expect.stringContaining('There is no folder'),
    });
    await write({ '.gitignore': '*\n', file: '' });
    await expect(collect(folder)).rejects.toMatchObject({ exit: EXIT.usage });
    await expect(collect(join(folder, 'file'))).rejects.toMatchObject({
      message: expect.stringContaining('not a folder'),
    });
  });
});

describe('a limit', () => {
  test('of bytes names the largest files', async () => {
    await write({ 'film.mp4': 'x'.repeat(3000), 'a.ts': 'x', 'media/photo.jpg': 'x'.repeat(2000) });
    await expect(collect(folder, { entries: 10, bytes: 4000 })).rejects.toMatchObject({
      exit: EXIT.usage,
      message: 'The folder has 5.0 kB; at most 4.0 kB can be deployed.',
      hint: expect.stringMatching(/3\.0 kB {2}film\.mp4\n.*2\.0 kB {2}media\/photo\.jpg\n/),
    });
  });

  test('of files names the folder that has most', async () => {
    await write(empty('a', 'many/1', 'many/2', 'many/3'));
    await expect(collect(folder, { entries: 3, bytes: 10 })).rejects.toMatchObject({
      message: 'The folder has 4 files; at most 3 can be deployed.',
      hint: expect.stringContaining('many/'),
    });
    expect((await collect(folder, { entries: 4, bytes: 10 })).entries).toHaveLength(4);
    expect(MAX_SOURCE_ENTRIES).toBeGreaterThan(100_000);
  });

  test('of the ZIP names the largest files, and leaves nothing behind', async () => {
    const noise = Array.from({ length: 4000 }, (_, index) => ((index * 7919) % 256).toString(36)).join('');
    await write({ 'film.mp4': noise, 'a.ts': 'x' });
    await expect(pack(await collect(folder), { maxBytes: 500 })).rejects.toMatchObject({
      exit: EXIT.usage,
      hint: expect.stringContaining('film.mp4'),
    });
  });
});

describe('the ZIP', () => {
  const bytesOf = async (from = folder) => {
    await using archive = await pack(await collect(from));
    // It is gone when this returns.
    return await readFile(archive.path);
  };

  test('is the same for the same files, whenever and wherever they were written', async () => {
    const files = { 'b/z.ts': 'one', 'a.ts': 'two', 'b/a.ts': 'three' };
    const other = join(folder, 'other');
    await write(files, join(folder, 'one'));
    await write(Object.fromEntries(Object.entries(files).reverse()), other);
    await utimes(join(other, 'a.ts'), new Date(2001, 1, 1), new Date(2001, 1, 1));
    await chmod(join(other, 'a.ts'), 0o600);
    expect(await bytesOf(join(folder, 'one'))).toEqual(await bytesOf(other));
    await chmod(join(other, 'a.ts'), 0o755);
    expect(await bytesOf(join(folder, 'one'))).not.toEqual(await bytesOf(other));
  });

  test('is gone when it is disposed of', async () => {
    await write({ a: '' });
    const archive = await pack(await collect(folder));
    await archive[Symbol.asyncDispose]();
    await expect(readFile(archive.path)).rejects.toThrow('ENOENT');
  });

  // Whether the error comes before or after the first bytes is a matter of luck.
  test('reports a file that is gone since', { repeats: 30 }, async () => {
    await write({ a: '', b: '' });
    const collected = await collect(folder);
    await rm(join(folder, 'b'));
    await expect(pack(collected)).rejects.toMatchObject({ message: `${join(folder, 'b')} can’t be read.` });
  });

  test('of a single folder has something beside it, so that a runner doesn’t unwrap it', async () => {
    await write({ 'public/index.html': '' });
    expect((await bytesOf()).includes('.appflux/')).toBe(true);
    await write({ 'package.json': '{}' });
    expect((await bytesOf()).includes('.appflux/')).toBe(false);
  });
});
