import { type Fixtures, npmCi, npmLock, pkg } from '../fixture.ts';

export const packageManagerFixtures: Fixtures = {
  'Yarn 4 by its lockfile': {
    files: {
      'yarn.lock': '# This file is generated\n\n__metadata:\n  version: 8\n',
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
    },
    plan: { packageManager: 'yarn', installCommand: 'yarn install --immutable' },
  },
  'Yarn 4 by packageManager, without a lockfile': {
    files: { 'package.json': pkg({ vite: '8.0.0' }, 'vite build', { packageManager: 'yarn@4.9.0' }) },
    plan: { installCommand: 'yarn install --no-immutable' },
  },
  'Yarn 1 by packageManager': {
    files: {
      'yarn.lock': '',
      '.yarnrc.yml': '',
      'package.json': pkg({ vite: '8.0.0' }, 'vite build', { packageManager: 'yarn@1.22.22' }),
    },
    plan: { installCommand: 'yarn install --frozen-lockfile' },
  },
  'a packageManager that wins over a lockfile of another': {
    files: {
      ...npmLock,
      'package.json': pkg({ vite: '8.0.0' }, 'vite build', { packageManager: 'pnpm@10.0.0' }),
    },
    plan: { packageManager: 'pnpm', installCommand: 'pnpm install' },
    because: ['Package manager: pnpm 10.0.0, because packageManager in package.json says so.'],
  },
  'a packageManager that nobody knows': {
    files: { ...npmLock, 'package.json': pkg({ vite: '8.0.0' }, 'vite build', { packageManager: 'deno@2' }) },
    plan: { packageManager: 'npm', installCommand: npmCi },
    because: ['packageManager in package.json is "deno@2", which AppFlux does not support. Ignored.'],
  },
  'a Bun that .bun-version pins': {
    files: {
      'bun.lock': '',
      '.bun-version': '1.3.14\n',
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
    },
    plan: { packageManager: 'bun', installCommand: 'bun install --frozen-lockfile' },
    because: [
      'Package manager: bun, because of bun.lock.',
      'Version of bun: 1.3.14, because .bun-version says so.',
    ],
  },
  'a Bun that packageManager pins with a hash, beside a .bun-version': {
    files: {
      '.bun-version': '1.2.0',
      'package.json': pkg({ vite: '8.0.0' }, 'vite build', { packageManager: 'bun@1.3.14+sha512.abc' }),
    },
    plan: { packageManager: 'bun', installCommand: 'bun install' },
    because: ['Package manager: bun 1.3.14, because packageManager in package.json says so.'],
  },
  'two lockfiles': {
    files: { ...npmLock, 'yarn.lock': '', 'package.json': pkg({ vite: '8.0.0' }, 'vite build') },
    plan: { packageManager: 'yarn' },
    because: ['Package manager: yarn, because of yarn.lock; package-lock.json is ignored.'],
  },
  'packageManager, beside a lockfile of another manager': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build', { packageManager: 'npm@10.9.2' }),
      'yarn.lock': '',
    },
    plan: { packageManager: 'npm', installCommand: 'npm install' },
    because: [
      'Install command: npm install, because there is no npm lockfile; yarn.lock belongs to another package manager and isn’t used.',
    ],
  },
  'packageManager, with its lockfile and those of others': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build', { packageManager: 'pnpm@10.1.0' }),
      'pnpm-lock.yaml': '',
      'package-lock.json': '{}',
      'yarn.lock': '',
    },
    plan: { packageManager: 'pnpm' },
    because: [
      'Install command: pnpm install --frozen-lockfile, which installs exactly what pnpm-lock.yaml lists; yarn.lock and package-lock.json belong to another package manager and aren’t used.',
    ],
  },
  'packageManager, with both lockfiles of Bun': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build', { packageManager: 'bun@1.4.5' }),
      'bun.lock': '',
      'bun.lockb': '',
    },
    plan: { packageManager: 'bun' },
    because: ['Install command: bun install --frozen-lockfile, which installs exactly what bun.lock lists.'],
  },
  'npm-shrinkwrap.json': {
    files: { 'npm-shrinkwrap.json': '{}', 'package.json': pkg({ vite: '8.0.0' }, 'vite build') },
    plan: { packageManager: 'npm', installCommand: npmCi },
  },
  '.nvmrc before engines': {
    files: {
      '.nvmrc': '# ours\nv22.11.0\n',
      'package.json': pkg({ vite: '8.0.0' }, 'vite build', { engines: { node: '>=20' } }),
    },
    plan: { node: 'v22.11.0' },
    because: ['Node: v22.11.0, because .nvmrc says so.'],
  },
  '.node-version': {
    files: { '.node-version': '24\n', 'package.json': pkg({ vite: '8.0.0' }, 'vite build') },
    plan: { node: '24' },
  },
  '.tool-versions, with several tools and versions': {
    files: {
      '.tool-versions': '# ours\npython 3.12.1\nnodejs  20.18.1 18.0.0 # old\n',
      'package.json': pkg({ vite: '8.0.0' }, 'vite build', { engines: { node: '>=22' } }),
    },
    plan: { node: '20.18.1' },
    because: ['Node: 20.18.1, because .tool-versions says so.'],
  },
  'engines, when .tool-versions has no Node and .nvmrc leaves it to the machine': {
    files: {
      '.nvmrc': 'system\n',
      '.tool-versions': 'nodejs-tools 18\npython 3.12.1\n',
      'package.json': pkg({ vite: '8.0.0' }, 'vite build', { engines: { node: '>=22' } }),
    },
    plan: { node: '>=22' },
  },
  'volta before engines': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build', {
        volta: { node: '20.18.1', npm: '10.0.0' },
        engines: { node: '>=22' },
      }),
    },
    plan: { node: '20.18.1' },
    because: ['Node: 20.18.1, because volta in package.json says so.'],
  },
  'devEngines before engines': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build', {
        devEngines: { runtime: [{ name: 'bun' }, { name: 'node', version: '^20.0.0' }] },
        engines: { node: '>=22' },
      }),
    },
    plan: { node: '^20.0.0' },
    because: ['Node: ^20.0.0, because devEngines in package.json says so.'],
  },
  'devEngines for another runtime': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build', {
        devEngines: {
          runtime: { name: 'deno', version: '^2' },
          packageManager: { name: 'node', version: '1' },
        },
        volta: 'node',
      }),
    },
    plan: { node: null },
  },
  'engines, when .nvmrc is nonsense': {
    files: {
      '.nvmrc': '$(reboot)',
      'package.json': pkg({ vite: '8.0.0' }, 'vite build', { engines: { node: '^22.12 || >=24' } }),
    },
    plan: { node: '^22.12 || >=24' },
  },
};
