/**
 * Situations that people have reported of builders like this one, rebuilt small: each is built by a real runner. What
 * detection decides of whole projects is tested where it decides; here is what only a build shows.
 */
import { afterAll, beforeAll, describe, test, vi } from 'vitest';
import { connectEngine } from './sandbox/engine.ts';
import { ensureWebImage } from './testing/docker.ts';
import { page, project, type Situation, SituationBench } from './testing/situations.ts';

vi.setConfig({ testTimeout: 240_000 });

let bench: SituationBench;

beforeAll(async () => {
  await ensureWebImage(connectEngine());
  bench = await SituationBench.open();
}, 600_000);
afterAll(() => bench.close());

const MS = { dependencies: { ms: '2.1.3' } };
const MS_HASH =
  'sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==';
const SHOW_NODE = project(page('node -p process.version'));
const site = (text: string | RegExp) => ({ 'index.html': text });

const VERSIONS: Readonly<Record<string, Situation>> = {
  'Node by lts/-1': { zip: { 'package.json': SHOW_NODE, '.nvmrc': 'lts/-1\n' }, site: site(/^v22\./) },
  'Node by system': { zip: { 'package.json': SHOW_NODE, '.nvmrc': 'system\n' }, site: site(/^v24\./) },
  'Node by .tool-versions': {
    zip: { 'package.json': SHOW_NODE, '.tool-versions': 'nodejs 20.18.1\n' },
    site: site(/^v20\./),
  },
  'Node by mise.toml': {
    zip: { 'package.json': SHOW_NODE, 'mise.toml': '[tools]\nnode = "20"\n' },
    site: site(/^v20\./),
  },
  'Node by NODE_VERSION': {
    zip: { 'package.json': SHOW_NODE, '.nvmrc': '22' },
    variables: { NODE_VERSION: '20' },
    log: ['.nvmrc requests Node 22. Not used, because the variable NODE_VERSION comes first.'],
    site: site(/^v20\./),
  },
  'an older Node than there is': {
    zip: { 'package.json': SHOW_NODE, '.nvmrc': '16' },
    log: [/Using 20\.[\d.]+, the closest newer version/],
    site: site(/^v20\./),
  },
  'pnpm 8 by its lockfile': {
    zip: {
      'package.json': project(page('pnpm -v'), MS),
      'pnpm-lock.yaml': `lockfileVersion: '6.0'\n\ndependencies:\n  ms:\n    specifier: 2.1.3\n    version: 2.1.3\n\npackages:\n\n  /ms@2.1.3:\n    resolution: {integrity: ${MS_HASH}}\n    dev: false\n`,
    },
    site: site(/^8\./),
  },
  'a range in packageManager': {
    zip: { 'package.json': project(page('pnpm -v'), { packageManager: 'pnpm@^9' }) },
    site: site(/^9\./),
  },
  'npm by packageManager beside a yarn.lock': {
    zip: {
      'package.json': project(page('npm -v'), { ...MS, packageManager: 'npm@10.9.2' }),
      'yarn.lock': '',
    },
    log: [/yarn\.lock belongs to another package manager and isn’t used/],
    site: site('10.9.2'),
  },
  'devDependencies where NODE_ENV is production': {
    zip: {
      'package.json': project(page('node -p "require(\'ms\')(1000)"'), {
        devDependencies: MS.dependencies,
      }),
    },
    variables: { NODE_ENV: 'production' },
    log: ['They are installed all the same'],
    site: site('1s'),
  },
  'flags in NPM_FLAGS': {
    zip: {
      'package.json': project(page('ls node_modules'), {
        ...MS,
        optionalDependencies: { 'is-number': '7.0.0' },
      }),
    },
    variables: { NPM_FLAGS: '--omit=optional' },
    site: site(/^ms\n$/),
  },
};

const FAILURES: Readonly<Record<string, Situation>> = {
  'another hash in packageManager': {
    zip: { 'package.json': project('true', { packageManager: `pnpm@9.15.0+sha512.${'0'.repeat(128)}` }) },
    fails: /another hash.*corepack use/,
  },
  'a Yarn 4 with a setting of Yarn 1': {
    zip: { 'package.json': project('true', { packageManager: 'yarn@4.18.1' }) },
    variables: { YARN_PRODUCTION: 'false' },
    fails: /Remove YARN_PRODUCTION/,
  },
  'a project that only allows another package manager': {
    zip: {
      'package.json': JSON.stringify({
        name: 'x',
        scripts: { preinstall: 'npx only-allow pnpm', build: 'true' },
        ...MS,
      }),
    },
    fails: /only allows pnpm/,
  },
  'a lockfile with a registry on localhost': {
    zip: {
      'package.json': project('true', MS),
      'package-lock.json': JSON.stringify({
        name: 'x',
        version: '1.0.0',
        lockfileVersion: 3,
        packages: {
          '': { name: 'x', version: '1.0.0', ...MS },
          'node_modules/ms': {
            version: '2.1.3',
            resolved: 'http://localhost:4873/ms/-/ms-2.1.3.tgz',
            integrity: MS_HASH,
          },
        },
      }),
    },
    fails: /localhost|allowed host/,
  },
  'a scope at a registry that builds may not reach': {
    zip: {
      'package.json': project('true', { packageManager: 'bun@1.4.5', dependencies: { '@acme/ui': '1.0.0' } }),
      '.npmrc': '@acme:registry=https://npm.pkg.example.com\n',
    },
    fails: /Refused in this build: npm\.pkg\.example\.com/,
  },
  'a sibling that was not built': {
    zip: {
      'package.json': JSON.stringify({ name: 'mono', private: true, workspaces: ['apps/*', 'packages/*'] }),
      'apps/site/package.json': project(page('node -p "require(\'lib\')"'), {
        dependencies: { lib: '1.0.0' },
      }),
      'packages/lib/package.json': JSON.stringify({ name: 'lib', version: '1.0.0', main: 'out/i.js' }),
    },
    rootDirectory: 'apps/site',
    fails: /If lib is a package of this workspace/,
  },
  'a script that wants a repository, in an upload': {
    zip: {
      'package.json': JSON.stringify({
        name: 'x',
        scripts: { build: 'true', prepare: 'git config core.hooksPath .hooks' },
      }),
    },
    fails: /has no Git repository/,
  },
  'a question that nobody answers': {
    zip: {
      'package.json': project('node b.mjs'),
      'b.mjs':
        "import { createInterface } from 'node:readline/promises';\nawait createInterface(process.stdin).question('Where? ');\n",
    },
    fails: /builds have no input/,
  },
  'a branch that is not there': {
    git: 'git -c init.defaultBranch=master init -q . && echo hi > index.html && git add . && git commit -qm one && git clone -q --bare . "$OUT"',
    fails: /The repository has "master"/,
  },
  'an empty repository': { git: 'git init -q --bare "$OUT"', fails: /is empty: it has no commits/ },
};

const SOURCES: Readonly<Record<string, Situation>> = {
  'files of a Mac beside the one top folder': {
    zip: { '._shop': 'x', 'shop/._index.html': 'x', 'shop/index.html': '<h1>shop</h1>' },
    site: site('shop'),
  },
  'a ZIP in a ZIP': { zip: { 'site.zip': 'PK' }, fails: /nothing but another archive, "site\.zip"/ },
  'names that differ only in case': {
    zip: { 'index.html': 'twins', 'docs/API.md': 'a', 'docs/api.md': 'b' },
    log: ['On Windows and macOS they are one file'],
    site: site('twins'),
  },
  'a name that Windows keeps for a device': {
    zip: { 'package.json': project(page('cat src/aux.js')), 'src/aux.js': 'aux here' },
    log: ['devices on Windows'],
    site: site('aux here'),
  },
  'a link that leads nowhere, in a site': {
    zip: { 'index.html': 'x', 'a.css': 'teal', 'link.css': { link: 'a.css' }, dangling: { link: 'nowhere' } },
    log: [/links that lead nowhere \("dangling"\)/],
    site: { 'link.css': 'teal' },
  },
  'a variable whose name is reserved, set before that was refused': {
    zip: { 'package.json': project(page('echo fine')) },
    variables: { PATH: '/nowhere' },
    log: ['Ignored variables, whose names are reserved: "PATH".'],
    site: site('fine'),
  },
};

describe('the versions that a project says', () => {
  test.each(Object.entries(VERSIONS))('%s', (_, situation) => bench.check(situation));
});

describe('a failure leads to its mend', () => {
  test.each(Object.entries(FAILURES))('%s', (_, situation) => bench.check(situation));
});

describe('a source that other systems wrote', () => {
  test.each(Object.entries(SOURCES))('%s', (_, situation) => bench.check(situation));
});
