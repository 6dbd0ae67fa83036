import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRegistryFacts } from './facts.ts';
import { type PackageManager, registryVariables } from './override.ts';

const URL_OF_PROXY = 'http://127.0.0.1:3128/';

describe('pointing a package manager at the proxy', () => {
  it.each<[PackageManager, boolean, string | null]>([
    ['npm', true, 'npm_config_registry'],
    ['npm', false, null],
    ['pnpm', true, 'npm_config_registry'],
    ['pnpm', false, 'npm_config_registry'],
    ['yarn', true, null],
    ['yarn', false, null],
    ['yarn-berry', true, 'YARN_NPM_REGISTRY_SERVER'],
    ['yarn-berry', false, 'YARN_NPM_REGISTRY_SERVER'],
    ['bun', true, 'BUN_CONFIG_REGISTRY'],
    ['bun', false, null],
  ])('%s with a lockfile (%s): %s', (manager, lockfile, variable) => {
    expect(registryVariables({ manager, lockfile, ownRegistry: false }, URL_OF_PROXY)).toEqual(
      variable === null ? {} : { [variable]: URL_OF_PROXY },
    );
    expect(registryVariables({ manager, lockfile, ownRegistry: true }, URL_OF_PROXY)).toEqual({});
  });
});

describe('the facts of a project', () => {
  let top: string;
  let root: string;
  beforeEach(async () => {
    top = await mkdtemp(join(tmpdir(), 'appflux-facts-'));
    root = join(top, 'apps', 'web');
    await mkdir(root, { recursive: true });
  });
  afterEach(() => rm(top, { recursive: true }));

  it('see no lockfile and no registry in an empty project', async () => {
    expect(await readRegistryFacts(root, top, 'npm')).toEqual({
      manager: 'npm',
      lockfile: false,
      ownRegistry: false,
    });
  });

  it.each<[PackageManager, string]>([
    ['npm', 'package-lock.json'],
    ['npm', 'npm-shrinkwrap.json'],
    ['pnpm', 'pnpm-lock.yaml'],
    ['yarn', 'yarn.lock'],
    ['bun', 'bun.lock'],
    ['bun', 'bun.lockb'],
  ])('see the lockfile of %s, %s, also at the top of a workspace', async (manager, name) => {
    await writeFile(join(top, name), '');
    expect(await readRegistryFacts(root, top, manager)).toMatchObject({ lockfile: true });
    expect(await readRegistryFacts(top, top, manager)).toMatchObject({ lockfile: true });
  });

  it('do not take another manager’s lockfile, a folder or a link for one', async () => {
    await writeFile(join(root, 'yarn.lock'), '');
    await mkdir(join(root, 'package-lock.json'));
    await symlink(join(root, 'yarn.lock'), join(root, 'npm-shrinkwrap.json'));
    expect(await readRegistryFacts(root, top, 'npm')).toMatchObject({ lockfile: false });
  });

  it('look no further than the top of the source', async () => {
    await writeFile(join(top, 'package-lock.json'), '');
    expect(await readRegistryFacts(root, join(top, 'apps'), 'npm')).toMatchObject({ lockfile: false });
  });

  it.each<[PackageManager, string, string]>([
    ['npm', '.npmrc', 'save-exact=true\nregistry = https://packages.test/\n'],
    ['pnpm', '.npmrc', 'registry=https://packages.test/'],
    ['pnpm', 'pnpm-workspace.yaml', 'packages: []\nregistry: https://packages.test/\n'],
    ['yarn', '.yarnrc', 'registry "https://packages.test"'],
    ['yarn-berry', '.yarnrc.yml', 'npmRegistryServer: "https://packages.test"'],
    ['yarn-berry', '.yarnrc.yml', '"npmRegistryServer": https://packages.test'],
    ['bun', 'bunfig.toml', '[install]\nregistry = "https://packages.test"'],
    ['bun', 'bunfig.toml', 'install.registry = "https://packages.test"'],
  ])('see that %s has its own registry in %s', async (manager, name, content) => {
    await writeFile(join(root, name), content);
    expect(await readRegistryFacts(root, top, manager)).toMatchObject({ ownRegistry: true });
  });

  it.each<[PackageManager, string, string]>([
    ['npm', '.npmrc', '# registry=https://packages.test/\n@scope:registry=https://packages.test/\n'],
    ['yarn-berry', '.yarnrc.yml', 'npmScopes:\n  own:\n    other: 1\n'],
    ['bun', 'bunfig.toml', '[install]\nproduction = true'],
  ])('see that %s has none in %s', async (manager, name, content) => {
    await writeFile(join(root, name), content);
    expect(await readRegistryFacts(root, top, manager)).toMatchObject({ ownRegistry: false });
  });

  it('leave a configuration alone that cannot be read for certain', async () => {
    await writeFile(join(root, '.npmrc'), `;${'x'.repeat(100_000)}`);
    expect(await readRegistryFacts(root, top, 'npm')).toMatchObject({ ownRegistry: true });
    await rm(join(root, '.npmrc'));
    await symlink('/etc/hostname', join(root, '.npmrc'));
    expect(await readRegistryFacts(root, top, 'npm')).toMatchObject({ ownRegistry: true });
  });
});
