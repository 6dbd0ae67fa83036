import { BuildSettings } from '@appflux/protocol';
import fc from 'fast-check';
import semver from 'semver';
import { describe, expect, test } from 'vitest';
import { decide } from '../decide.ts';
import { treeFromTexts } from '../tree.ts';
import { lockfileFormat } from './lockfile-format.ts';
import { nodeRange } from './node-range.ts';

interface Project {
  readonly files?: Readonly<Record<string, string>>;
  readonly pkg?: object;
  readonly variables?: Readonly<Record<string, string>>;
  readonly node?: string;
  readonly base?: string;
}

/** What is decided of a project with a build script. */
async function decided({ files = {}, pkg = {}, variables, node, base = '' }: Project) {
  const manifest = JSON.stringify({ scripts: { build: 'vite build' }, ...pkg });
  const tree = treeFromTexts({ [`${base === '' ? '' : `${base}/`}package.json`]: manifest, ...files }, base);
  const build = BuildSettings.parse({ node: node ?? null });
  const { plan, managerVersion } = await decide(tree, { type: null, build, ...(variables && { variables }) });
  return { plan, managerVersion, log: plan.reasons.join('\n') };
}

const PNPM_LOCK = (version: string) => ({
  'pnpm-lock.yaml': `lockfileVersion: ${version}\n\nsettings:\n  x: 1\n`,
});
const YARN_LOCK = (version: number) => ({
  'yarn.lock': `# generated\n\n__metadata:\n  version: ${version}\n`,
});

describe('the range of a Node version', () => {
  test.each([
    ['20', '>=20.0.0 <21.0.0-0'],
    ['v20.11.1', '20.11.1'],
    ['22.x', '>=22.0.0 <23.0.0-0'],
    ['lts/iron', '>=20.0.0 <21.0.0-0'],
    ['iron', '>=20.0.0 <21.0.0-0'],
    ['LTS/Jod', '>=22.0.0 <23.0.0-0'],
    ['lts-hydrogen', '>=18.0.0 <19.0.0-0'],
    ['lts/-1', '>=22.0.0 <23.0.0-0'],
    ['lts/-2', '>=20.0.0 <21.0.0-0'],
    ['latest:20', '>=20.0.0 <21.0.0-0'],
    ['lts/*', '*'],
    ['lts', '*'],
    ['lts-latest', '*'],
    ['node', '*'],
    ['stable', '*'],
    ['current', '*'],
    ['>=18 <23 || 24', '>=18.0.0 <23.0.0-0||>=24.0.0 <25.0.0-0'],
  ])('for %s is %s', (asked, range) => expect(nodeRange(asked)).toBe(range));

  test.each(['banana', 'lts/banana', 'iojs', 'constructor', 'lts/constructor', '20; rm -rf /'])(
    'for %s is none',
    (asked) => expect(nodeRange(asked)).toBeNull(),
  );
});

describe('the Node of a project', () => {
  test.each<[string, Project, string | null]>([
    ['.nvmrc', { files: { '.nvmrc': 'lts/iron\n' } }, 'lts/iron'],
    ['.nvmrc that PowerShell wrote', { files: { '.nvmrc': '\uFFFD\uFFFD2\x000\0\r\0\n\0' } }, '20'],
    ['.nvmrc with a mark of its encoding', { files: { '.nvmrc': '\uFEFF20\n' } }, '20'],
    ['.nvmrc that leaves it to the machine', { files: { '.nvmrc': 'system' } }, null],
    ['mise.toml', { files: { 'mise.toml': '[tools]\nnode = "20.18.1"\n' } }, '20.18.1'],
    ['.mise.toml with a table', { files: { '.mise.toml': '[tools]\nnode = { version = "20" }' } }, '20'],
    ['mise.toml with a list', { files: { '.config/mise.toml': '[tools]\nnode = ["20", "18"]' } }, '20'],
    ['mise.toml with a number', { files: { 'mise.toml': '[tools]\nnodejs = 20' } }, '20'],
    ['mise.toml of a task', { files: { 'mise.toml': '[tasks]\nnode = "20"' } }, null],
    ['netlify.toml', { files: { 'netlify.toml': '[build.environment]\nNODE_VERSION = "20"' } }, '20'],
    [
      'netlify.toml of another variable',
      { files: { 'netlify.toml': '[build.environment]\nNODE_ENV = "20"' } },
      null,
    ],
    ['the variable of Netlify', { variables: { NODE_VERSION: '20' }, files: { '.nvmrc': '22' } }, '20'],
    ['the app before its variable', { variables: { NODE_VERSION: '20' }, node: '22' }, '22'],
    ['an empty variable', { variables: { NODE_VERSION: '' }, files: { '.nvmrc': '22' } }, '22'],
    ['volta', { pkg: { volta: { node: '20.18.1' }, engines: { node: '>=18' } } }, '20.18.1'],
    ['devEngines', { pkg: { devEngines: { runtime: { name: 'node', version: '^20' } } } }, '^20'],
    ['a range over lines', { pkg: { engines: { node: '>=18\n <23' } } }, '>=18 <23'],
    ['the folder above', { base: 'web', files: { '.nvmrc': '20', 'package.json': '{}' } }, '20'],
  ])('is that of %s', async (_, project, node) => {
    expect((await decided(project)).plan.node).toBe(node);
  });

  test('is the next valid one, and what is not valid is said', async () => {
    const { plan, log } = await decided({
      files: { '.nvmrc': 'lts/banana' },
      pkg: { engines: { node: '>=20' } },
    });
    expect(plan.node).toBe('>=20');
    expect(log).toContain('.nvmrc requests Node "lts/banana", which is not a valid version. Ignored.');
  });

  test('is said with what is not used because it asks for another', async () => {
    const files = { '.nvmrc': '20', 'package.json': '' };
    const { log } = await decided({
      files: { '.nvmrc': files['.nvmrc'] },
      pkg: { engines: { node: '>=22' } },
    });
    expect(log).toContain(
      'engines in package.json requests Node >=22. Not used, because .nvmrc comes first.',
    );
    const agreed = await decided({ files: { '.nvmrc': '20' }, pkg: { engines: { node: '>=18' } } });
    expect(agreed.log).not.toContain('Not used');
  });
});

describe('the version of a package manager', () => {
  test.each<[string, Project, string | null, string?]>([
    ['pnpm 7 by its lockfile', { files: PNPM_LOCK('5.4') }, '>=7.0.0 <8.0.0-0'],
    ['pnpm 7 by an older lockfile', { files: PNPM_LOCK('5.3') }, '>=7.0.0 <8.0.0-0'],
    ['pnpm 8 by its lockfile', { files: PNPM_LOCK("'6.0'") }, '>=8.0.0 <9.0.0-0'],
    ['pnpm 9 and later by its lockfile', { files: PNPM_LOCK("'9.0'") }, '>=9.0.0'],
    ['a lockfile that nobody knows', { files: PNPM_LOCK("'12.0'") }, null],
    ['Yarn 3 by its lockfile', { files: YARN_LOCK(6) }, '>=3.0.0 <4.0.0-0'],
    ['Yarn 4 by its lockfile', { files: YARN_LOCK(8) }, '>=4.0.0 <4.14.0-0'],
    ['a Yarn 4.14 by its lockfile', { files: YARN_LOCK(9) }, '>=4.14.0 <4.15.0-0'],
    ['a later Yarn 4 by its lockfile', { files: YARN_LOCK(10) }, '>=4.15.0'],
    ['a newer Yarn than is known', { files: YARN_LOCK(11) }, null],
    ['Yarn 1 by its lockfile', { files: { 'yarn.lock': '# yarn lockfile v1\n' } }, '>=1.0.0 <2.0.0-0'],
    [
      'a Yarn of its own',
      { files: { ...YARN_LOCK(6), '.yarnrc.yml': 'yarnPath: .yarn/releases/yarn-3.6.4.cjs\n' } },
      null,
    ],
    [
      'the pin before the lockfile',
      { files: PNPM_LOCK('5.4'), pkg: { packageManager: 'pnpm@9.15.4' } },
      '9.15.4',
    ],
    ['a range as the pin', { pkg: { packageManager: 'pnpm@^9' } }, '>=9.0.0 <10.0.0-0'],
    ['a major as the pin', { pkg: { packageManager: 'yarn@4' } }, '>=4.0.0 <5.0.0-0'],
    [
      'a tag as the pin, which leaves it to the lockfile',
      { files: PNPM_LOCK('6.0'), pkg: { packageManager: 'pnpm@latest' } },
      '>=8.0.0 <9.0.0-0',
    ],
    ['no pin but a name', { pkg: { packageManager: 'pnpm' } }, null],
    [
      'the pin before the variable',
      { variables: { PNPM_VERSION: '8' }, pkg: { packageManager: 'pnpm@9.15.4' } },
      '9.15.4',
    ],
    [
      'the variable before the lockfile',
      { variables: { PNPM_VERSION: '7.9.0' }, files: PNPM_LOCK('6.0') },
      '7.9.0',
    ],
    [
      'the variable of another manager',
      { variables: { YARN_VERSION: '3.0.0' }, files: PNPM_LOCK('6.0') },
      '>=8.0.0 <9.0.0-0',
    ],
    [
      'engines that the lockfile narrows',
      { files: PNPM_LOCK('6.0'), pkg: { engines: { pnpm: '>=7' } } },
      '>=7.0.0 >=8.0.0 <9.0.0-0',
    ],
    [
      'engines that narrow the lockfile',
      { files: PNPM_LOCK("'9.0'"), pkg: { engines: { pnpm: '9 || 12' } } },
      '>=9.0.0 <10.0.0-0||>=12.0.0 <13.0.0-0 >=9.0.0',
    ],
    [
      'engines that refuse the lockfile’s',
      { files: PNPM_LOCK('6.0'), pkg: { engines: { pnpm: '9' } } },
      '>=9.0.0 <10.0.0-0',
    ],
    ['engines.npm, which npm only warns of', { pkg: { engines: { npm: '6.x' } } }, null],
    ['volta', { files: PNPM_LOCK('6.0'), pkg: { volta: { pnpm: '8.9.0' } } }, '8.9.0'],
    [
      'devEngines',
      { pkg: { devEngines: { packageManager: { name: 'pnpm', version: '^9.0.0' } } } },
      '>=9.0.0 <10.0.0-0',
    ],
    [
      '.tool-versions',
      { files: { ...PNPM_LOCK('6.0'), '.tool-versions': 'nodejs 20\npnpm 8.6.0\n' } },
      '8.6.0',
    ],
    ['mise.toml', { files: { 'bun.lock': '{}', 'mise.toml': '[tools]\nbun = "1.3.14"' } }, '1.3.14'],
    ['.bun-version', { files: { 'bun.lock': '{}', '.bun-version': 'bun-v1.3.14\n' } }, '1.3.14'],
  ])('is that of %s', async (_, project, version) => {
    expect((await decided(project)).managerVersion?.version ?? null).toBe(version);
  });

  test('is a pin only where packageManager says it exactly', async () => {
    const pin = async (packageManager: string) =>
      (await decided({ pkg: { packageManager } })).managerVersion?.isPin;
    expect(await pin('pnpm@9.15.4+sha512.00ff')).toBe(true);
    expect(await pin(`pnpm@9.15.4+sha512.${'0'.repeat(128)}`)).toBe(true);
    expect(await pin('pnpm@^9')).toBe(false);
    const { managerVersion } = await decided({
      files: { ...PNPM_LOCK('6.0'), '.tool-versions': 'pnpm 8.6.0' },
    });
    expect(managerVersion).toMatchObject({ isPin: false, by: '.tool-versions' });
  });

  test('is said with its reason, and with what is not used', async () => {
    const byFormat = await decided({ files: PNPM_LOCK("'6.0'") });
    expect(byFormat.log).toContain('Version of pnpm: 8, because the format of pnpm-lock.yaml (6.0) says so.');
    const pinned = await decided({
      variables: { PNPM_VERSION: '8' },
      pkg: { packageManager: 'pnpm@9.15.4' },
    });
    expect(pinned.log).toContain(
      'the variable PNPM_VERSION requests pnpm 8. Not used, because packageManager in package.json comes first.',
    );
    const broken = await decided({ pkg: { packageManager: 'pnpm@https://x.example/y.tgz' } });
    expect(broken.log).toContain(
      'requests pnpm "https://x.example/y.tgz", which is not a valid version. Ignored.',
    );
  });

  test('whatever is written, is none or a range that a shell and a path can hold', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('8', '^9', '1.2.3', '>=1 || <0.0.0', 'latest', '9.0.0-$(x)'),
    );
    await fc.assert(
      fc.asyncProperty(text, text, text, async (pin, variable, engines) => {
        const pkg = { packageManager: `pnpm@${pin}`, engines: { pnpm: engines } };
        const { managerVersion } = await decided({
          pkg,
          variables: { PNPM_VERSION: variable },
          files: PNPM_LOCK(pin),
        });
        const version = managerVersion?.version ?? '1.0.0';
        expect(semver.validRange(version)).not.toBeNull();
        expect(version).toMatch(/^[\w.<>=| -]+$/);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a lockfile’s format', () => {
  test('is found where older pnpm wrote it, below the dependencies', () => {
    const text = `dependencies:\n  ms: 2.1.3\n${'  # more\n'.repeat(50)}lockfileVersion: 5.1\npackages: {}\n`;
    expect(lockfileFormat('pnpm', text)).toEqual({ format: '5.1', range: '7' });
  });

  test.each([
    '',
    'packages:\n  lockfileVersion: 5.1\n',
    'lockfileVersion: constructor\n',
    '{"lockfileVersion": 3}',
  ])('is none in %j', (text) => expect(lockfileFormat('pnpm', text)).toBeNull());

  test('is read with the line ends of Windows', () => {
    expect(lockfileFormat('yarn', '__metadata:\r\n  version: 6\r\n')).toEqual({ format: '6', range: '3' });
    expect(lockfileFormat('pnpm', "lockfileVersion: '6.1'\r\n")).toEqual({ format: '6.1', range: '8' });
    expect(lockfileFormat('npm', '__metadata:\n  version: 6\n')).toBeNull();
  });
});

describe('the flags of an install command', () => {
  const command = async (project: Project) => (await decided(project)).plan.installCommand;
  const LOCK = { 'package-lock.json': '{}' };
  const netlify = (flags: string) => ({
    'netlify.toml': `[build.environment]\nNPM_FLAGS = ${JSON.stringify(flags)}\n`,
  });

  test('are those of Netlify’s variables, which the shell puts in', async () => {
    expect(await command({ files: LOCK, variables: { NPM_FLAGS: '--legacy-peer-deps' } })).toBe(
      'npm ci $NPM_FLAGS',
    );
    expect(await command({ files: LOCK, variables: { PNPM_FLAGS: '--x', NPM_FLAGS: ' ' } })).toBe('npm ci');
  });

  test('are those of netlify.toml, if they mean nothing to a shell', async () => {
    const plain = '--legacy-peer-deps --omit=optional';
    expect(await command({ files: { ...LOCK, ...netlify(plain) } })).toBe(`npm ci ${plain}`);
    for (const flags of ['; rm -rf /', '--x $(id)', '--x `id`', '--x && y', '--x > y', "--x='a b'", 'x']) {
      const { plan, log } = await decided({ files: { ...LOCK, ...netlify(flags) } });
      expect(plan.installCommand, flags).toBe('npm ci');
      expect(log).toContain('Ignored.');
    }
  });

  test('keep devDependencies where NODE_ENV is production', async () => {
    const variables = { NODE_ENV: 'production' };
    const { plan, log } = await decided({ files: LOCK, variables });
    expect(plan.installCommand).toBe('npm ci --include=dev');
    expect(log).toContain('NODE_ENV is production');
    expect(await command({ files: PNPM_LOCK("'9.0'"), variables })).toBe(
      'pnpm install --frozen-lockfile --prod=false',
    );
    expect(await command({ files: { 'yarn.lock': '' }, variables })).toBe(
      'yarn install --frozen-lockfile --production=false',
    );
    expect(await command({ files: YARN_LOCK(8), variables })).toBe('yarn install --immutable');
    expect(await command({ files: LOCK, variables: { NODE_ENV: 'development' } })).toBe('npm ci');
  });
});
