import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type InstalledKeyInput, installedKey, isRepeatable, selfContainedScripts } from './installed.ts';

const LOCK = '{"lockfileVersion":3,"packages":{"":{},"node_modules/a":{"version":"1.0.0"}}}';
const MANIFEST = '{"scripts":{"build":"vite build"},"dependencies":{"a":"1.0.0"}}';
const files = (change: Record<string, string> = {}) =>
  new Map(Object.entries({ 'package.json': MANIFEST, 'package-lock.json': LOCK, ...change }));
const npm = (change: Record<string, string> = {}) => ({
  manager: 'npm' as const,
  version: null,
  installCommand: 'npm ci',
  buildCommand: 'npm run build',
  files: files(change),
});
const input = (change: Partial<InstalledKeyInput> = {}): InstalledKeyInput => ({
  ...npm(),
  imageId: 'sha256:1',
  node: '24',
  variables: { A: '1', B: '2' },
  sealedFiles: {},
  ...change,
});

describe('an install that can be left out', () => {
  test('is the plain command of a package manager with its own lockfile', () => {
    expect(isRepeatable(npm())).toBe(true);
    for (const [manager, installCommand, lockfile] of [
      ['pnpm', 'pnpm install --frozen-lockfile', 'pnpm-lock.yaml'],
      ['yarn', 'yarn install --frozen-lockfile', 'yarn.lock'],
      ['bun', 'bun install --frozen-lockfile', 'bun.lock'],
    ] as const) {
      const own = { ...npm(), manager, installCommand, files: files({ [lockfile]: 'a@1.0.0' }) };
      expect(isRepeatable(own), manager).toBe(true);
      expect(isRepeatable({ ...own, files: files() }), manager).toBe(false);
    }
    for (const installCommand of ['npm install', 'npm ci && npm run codegen', 'npm ci --omit=dev', null]) {
      expect(isRepeatable({ ...npm(), installCommand }), String(installCommand)).toBe(false);
    }
    // Yarn 2 and later leaves more than node_modules, and may have none.
    expect(
      isRepeatable({ ...npm(), manager: 'yarn-berry', installCommand: 'yarn install --immutable' }),
    ).toBe(false);
    expect(isRepeatable({ ...npm(), manager: null })).toBe(false);
  });

  test.each(['preinstall', 'install', 'postinstall', 'prepare', 'postprepare', 'prepublish', 'dependencies'])(
    'is none of a project that has a script %s',
    (script) => {
      const manifest = JSON.stringify({ scripts: { [script]: 'node generate.js' } });
      expect(isRepeatable(npm({ 'package.json': manifest }))).toBe(false);
    },
  );

  test.each([
    ['a workspace', { 'package.json': '{"workspaces":["packages/*"]}' }],
    ['a pnpm workspace', { 'pnpm-workspace.yaml': 'packages:\n  - apps/*\n' }],
    ['a folder as a package', { 'package.json': '{"dependencies":{"lib":"file:../lib"}}' }],
    ['a link in the lockfile', { 'package-lock.json': '{"packages":{"node_modules/lib":{"link": true}}}' }],
    ['a Git repository', { 'package-lock.json': '{"resolved":"git+ssh://git@example.org/a.git#1234567"}' }],
    ['patches', { 'package.json': '{"patchedDependencies":{"a@1.0.0":"patches/a.patch"}}' }],
    ['code that decides', { '.pnpmfile.cjs': 'module.exports = {}' }],
    ['a manifest that is none', { 'package.json': '{' }],
    ['a manifest of another shape', { 'package.json': '{"scripts":[]}' }],
  ])('is none with %s', (_, change) => {
    expect(isRepeatable(npm(change))).toBe(false);
  });

  test.each([
    ['rm -rf node_modules && npm run build', false],
    ['npx rimraf dist node_modules/', false],
    ['node -e "fs.rmSync(\'node_modules\', { recursive: true })"', false],
    ['vite build; mv ./node_modules /tmp/away', false],
    ['rm -rf node_modules/.cache dist && vite build', true],
    ['rm -rf dist; node node_modules/vite/bin/vite.js build', true],
    ['node --run build && rm -r out/node_modules.txt', true],
    ['format node_modules', true],
    ['vite build --rm -- node_modules.html', true],
  ])('with %s: %s', (command, expected) => {
    expect(isRepeatable({ ...npm(), buildCommand: command })).toBe(expected);
    const manifest = JSON.stringify({ scripts: { build: command } });
    expect(isRepeatable(npm({ 'package.json': manifest }))).toBe(expected);
  });

  test('is none with an npm that removes node_modules itself', () => {
    for (const version of ['6.14.18', '5', '^6.0.0'])
      expect(isRepeatable({ ...npm(), version }), version).toBe(false);
    for (const version of [null, '7.0.0', '10.9.2', '^11', '60.0.0'])
      expect(isRepeatable({ ...npm(), version }), String(version)).toBe(true);
    const pnpm = { manager: 'pnpm', installCommand: 'pnpm install --frozen-lockfile' } as const;
    const older = files({ 'pnpm-lock.yaml': 'a@1.0.0' });
    expect(isRepeatable({ ...npm(), ...pnpm, files: older, version: '6.35.1' })).toBe(true);
  });
});

describe('install scripts that read only what is installed', () => {
  test('are those of known packages, and of no other that is named like them', () => {
    const known = selfContainedScripts({});
    expect(known).toEqual(expect.arrayContaining(['esbuild', 'protobufjs', 'vue-demi', '@firebase/util']));
    for (const name of ['@prisma/client', 'msw', 'husky', 'util', 'firebase', 'esbuild-wasm'])
      expect(known).not.toContain(name);
  });

  test('are no more those of Firebase when a variable names its configuration', () => {
    for (const value of ['./firebase.json', '{"projectId":"p"}'])
      expect(selfContainedScripts({ FIREBASE_WEBAPP_CONFIG: value })).not.toContain('@firebase/util');
    expect(selfContainedScripts({ FIREBASE_WEBAPP_CONFIG: ' ', OTHER: 'x' })).toContain('@firebase/util');
  });
});

describe('the key of what is installed', () => {
  test.each<[string, Partial<InstalledKeyInput>]>([
    ['the lockfile', { files: files({ 'package-lock.json': LOCK.replace('1.0.0', '1.0.1') }) }],
    ['package.json', { files: files({ 'package.json': MANIFEST.replace('vite build', 'tsc') }) }],
    ['settings of the package manager', { files: files({ '.npmrc': 'omit=dev' }) }],
    ['the image', { imageId: 'sha256:2' }],
    ['the Node version', { node: '22' }],
    [
      'the package manager',
      {
        manager: 'bun',
        installCommand: 'bun install --frozen-lockfile',
        files: files({ 'bun.lock': LOCK }),
      },
    ],
    ['a variable', { variables: { A: '1', B: '2', NODE_ENV: 'production' } }],
    ['the value of a variable', { variables: { A: '1', B: '3' } }],
    ['a sealed file', { sealedFiles: { NPMRC: 'eA==' } }],
  ])('is another with another %s', (_, change) => {
    expect(installedKey(input(change))).not.toBe(installedKey(input()));
    expect(installedKey(input(change))).not.toBeNull();
  });

  test('does not depend on the order of variables and files, and there is none where nothing can be reused', () => {
    const reversed = new Map([...files()].reverse());
    expect(installedKey(input({ variables: { B: '2', A: '1' }, files: reversed }))).toBe(
      installedKey(input()),
    );
    expect(installedKey(input({ installCommand: 'npm install' }))).toBeNull();
  });

  test('property: no text of a manifest or lockfile makes it throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.string(), (manifest, lock) => {
        installedKey(input({ files: files({ 'package.json': manifest, 'package-lock.json': lock }) }));
      }),
    );
  });
});
