/** Bundles of a small checkout, by the real bundler, and the real runner's. */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from './command.ts';
import { bundleRunner } from './runner-bundle.ts';

let folder: string;
let root: string;

const FILES = {
  'package-lock.json': '{}',
  'protocol/package.json': '{}',
  'protocol/src/index.ts': 'export const version: number = 1;',
  'detection/package.json': '{}',
  'detection/src/index.ts': 'export {};',
  'runner/package.json': '{}',
  'runner/src/commands/cli.ts': [
    "import { version } from '../../../protocol/src/index.ts';",
    "import { places } from '../places.ts';",
    "import packaged from 'packaged';",
    'interface Unused { readonly of: string }',
    "if (process.argv[2] === 'fail') throw new Error('version ' + version);",
    'console.log(JSON.stringify([...places, packaged, process.argv[2]]));',
    "await import('../later.ts');",
  ].join('\n'),
  'runner/src/places.ts': 'export const places: readonly string[] = [import.meta.dirname, import.meta.url];',
  'runner/src/later.ts': "console.log('later');",
  'node_modules/packaged/package.json': '{"name":"packaged","main":"index.js"}',
  'node_modules/packaged/index.js': "module.exports = require('path').relative(__dirname, __filename);",
};

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-runner-bundle-'));
  root = join(folder, 'a "checkout"');
  for (const [path, text] of Object.entries(FILES)) await write(path, text);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const bundled = () => bundleRunner(root, join(folder, 'bundle'));
const run = (program: string, ...args: string[]) =>
  execa(process.execPath, ['--enable-source-maps', program, ...args], { cwd: '/', all: true, reject: false });

test('the program runs from anywhere, knows where its sources are, and loads what it needs later', async () => {
  const { all } = await run(await bundled(), 'now');
  const [first = '', ...rest] = (all ?? '').split('\n');
  const place = join(root, 'runner', 'src');
  expect(JSON.parse(first)).toEqual([
    place,
    `file://${encodeURI(join(place, 'places.ts'))}`,
    'index.js',
    'now',
  ]);
  expect(rest).toEqual(['later']);
});

test('an error names its place in the sources', async () => {
  const { all } = await run(await bundled(), 'fail');
  expect(all).toContain('Error: version 1');
  expect(all).toMatch(/runner\/src\/commands\/cli\.ts:5:\d+/);
});

test('it is bundled once for the same sources', async () => {
  const program = await bundled();
  const { ino } = await stat(program);
  expect((await stat(await bundled())).ino).toBe(ino);
  await write('protocol/src/index.ts', 'export const version: number = 2;');
  const next = await bundled();
  expect(next).not.toBe(program);
  expect((await run(next, 'fail')).all).toContain('Error: version 2');
  expect((await stat(program)).ino).toBe(ino);
});

test('sources that can’t be bundled are named', async () => {
  await write('runner/src/later.ts', "import 'not-installed';");
  await expect(bundled()).rejects.toMatchObject({
    code: 'runner_failed',
    message: expect.stringContaining('not-installed'),
  });
});

test('the real one starts', async () => {
  const program = await bundleRunner(ROOT, join(folder, 'real'));
  const { version } = JSON.parse(await readFile(join(ROOT, 'runner', 'package.json'), 'utf8'));
  expect((await run(program, '--version')).all).toBe(version);
  const { all } = await run(program, 'start', '--state', join(folder, 'nowhere'));
  expect(all).toContain('has no registration');
});
