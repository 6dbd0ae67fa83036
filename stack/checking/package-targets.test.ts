import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkPackageTargets, targetsOf } from './package-targets.ts';

test('targets are read wherever a package.json may name one', () => {
  const manifest = {
    name: './not-a-target',
    main: 'lib/main.js',
    bin: { one: './one.mjs' },
    exports: { '.': { types: './a.d.ts', default: ['./a.js', './b.js'] }, './hidden/*': null },
    imports: { '#lib/*': './src/lib/*', '#fetch': { node: 'undici', default: './fetch.ts' } },
  };
  expect(targetsOf(manifest).map(({ path }) => path)).toEqual([
    'lib/main.js',
    './one.mjs',
    './a.d.ts',
    './a.js',
    './b.js',
    './src/lib/*',
    './fetch.ts',
  ]);
});

describe('the packages of a checkout', () => {
  let root: string;
  const files: string[] = [];
  const write = async (path: string, content: object | string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
    files.push(path);
  };
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'appflux-packages-'));
    files.length = 0;
    await write('part/src/index.ts', '');
    await write('part/src/lib/deep/one.ts', '');
  });
  afterEach(() => rm(root, { recursive: true }));

  test.each<[string, object]>([
    ['an export', { exports: { '.': './src/index.ts' } }],
    ['an export without a map', { exports: './src/index.ts' }],
    ['a program', { bin: './src/index.ts' }],
    ['a program without a dot', { bin: { part: 'src/index.ts' } }],
    ['a pattern that matches a file in a folder below', { imports: { '#lib/*': './src/lib/*' } }],
    ['a pattern with an ending', { exports: { './*': './src/lib/*.ts' } }],
    ['an import of another package', { imports: { '#fetch': 'undici' } }],
    ['nothing at all', {}],
  ])('%s that exists is accepted', async (_, manifest) => {
    await write('part/package.json', manifest);
    expect(await checkPackageTargets(root, files)).toEqual([]);
  });

  test.each<[string, object, string]>([
    [
      'an export',
      { exports: { '.': './src/index.ts', './client': './src/client.ts' } },
      'exports["./client"] points at ./src/client.ts',
    ],
    [
      'a condition',
      { exports: { '.': { types: './gone.d.ts' } } },
      'exports["."]["types"] points at ./gone.d.ts',
    ],
    ['a program', { bin: { part: './src/cli.ts' } }, 'bin["part"] points at ./src/cli.ts'],
    ['a folder', { exports: './src' }, 'exports points at ./src'],
    ['a file of another part', { main: '../other/index.ts' }, 'main points at ../other/index.ts'],
    [
      'a pattern',
      { imports: { '#lib/*': './src/library/*' } },
      'imports["#lib/*"] points at ./src/library/*',
    ],
    ['an ending', { exports: { './*': './src/lib/*.js' } }, 'exports["./*"] points at ./src/lib/*.js'],
  ])('%s that does not exist is found', async (_, manifest, line) => {
    await write('part/package.json', manifest);
    expect(await checkPackageTargets(root, files)).toEqual([
      `part/package.json: ${line}, which does not exist`,
    ]);
  });

  test('projects that only tests use are not checked, and others of that name are', async () => {
    await write('e2e/fixtures/broken/package.json', { main: './gone.js' });
    expect(await checkPackageTargets(root, files)).toEqual([]);
    await write('fixtures-of-ours/package.json', { main: './gone.js' });
    expect(await checkPackageTargets(root, files)).toHaveLength(1);
  });
});
