/** Versions of Node and of package managers, through the real pipeline: what a project asks for is what its build runs with. */
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { connectEngine } from '../../sandbox/engine.ts';
import { CliBench } from '../../testing/cli.ts';
import { ensureWebImage } from '../../testing/docker.ts';

vi.setConfig({ testTimeout: 180_000 });

let bench: CliBench;

beforeAll(() => ensureWebImage(connectEngine()), 600_000);
beforeEach(async () => {
  bench = await CliBench.open();
});
afterEach(() => bench.close());

/** Builds a project whose build says which Node and which package manager run it. */
async function build(files: Record<string, string>, manifest: object = {}) {
  await bench.start();
  const attempt = await bench.grantFor({
    'package.json': JSON.stringify({
      name: 'asking',
      version: '1.0.0',
      dependencies: { 'is-number': '7.0.0' },
      scripts: {
        build: 'node report.cjs && mkdir -p dist && echo hi > dist/index.html',
      },
      ...manifest,
    }),
    'report.cjs':
      "require('is-number'); console.log('node', process.version, 'with', process.env.npm_config_user_agent);",
    ...files,
  });
  await bench.until(
    () => bench.edge.poolFrames.some(({ type }) => type === 'freed'),
    () => attempt.log,
  );
  return { result: attempt.result, log: attempt.log };
}

test('Node is of the line that .nvmrc names', async () => {
  const { result, log } = await build({ '.nvmrc': 'v20\n' });
  expect(result, log).toMatchObject({ status: 'success' });
  expect(log).toMatch(/^node v20\.\d+\.\d+ with npm\/11/m);
});

test('Node is the nearest where the image has another, and the log says so', async () => {
  const { result, log } = await build({ '.node-version': '22.1.0' });
  expect(result, log).toMatchObject({ status: 'success' });
  expect(log).toMatch(/^The image doesn’t have Node 22\.1\.0\. Using 22\./m);
  expect(log).toMatch(/^node v22\./m);
});

test('a Node that nobody has fails before anything is installed, and says so', async () => {
  const { result, log } = await build({ '.nvmrc': '99' });
  expect(result).toMatchObject({
    status: 'failed',
    failure: { message: expect.stringContaining('Node >=99.0.0 <100.0.0-0, which the project requests') },
  });
  expect(log).toMatch(/^Downloading Node 99, which the project requests; the image has 24\./m);
});

const IS_NUMBER_7 =
  'sha512-41Cifkg6e8TylSpdtTpeLVMqvSBEVzTttHvERD741+pnZ8ANv0004MRL43QKPDlK9cGvNp6NZWZUBlbGXYxxng==';

/** pnpm 9.15.4, by the hash of its package. */
const PNPM_9 =
  'pnpm@9.15.4+sha512.b2dc20e2fc72b3e18848459b37359a32064663e5627a51e4c74b2c29dd8e8e0491483c3abb40789cfd578bf362fb6ba8261b05f0387d76792ed6e23ea3b1b6a0';

test('pnpm is the version that packageManager pins, by its hash', async () => {
  const { result, log } = await build({}, { packageManager: PNPM_9 });
  expect(result, log).toMatchObject({ status: 'success' });
  expect(log).toMatch(/^node v24.* with pnpm\/9\.15\.4/m);
});

test('a package manager of another hash is not run', async () => {
  const wrong = PNPM_9.replace(/.{8}$/, '00000000');
  const { result, log } = await build({}, { packageManager: wrong });
  expect(result, log).toMatchObject({ status: 'failed', failure: { code: 'install_failed' } });
  expect(log).toMatch(/hash/i);
});

test('a pin without a hash is served by a registry that signs nothing', async () => {
  const { result, log } = await build({}, { packageManager: 'npm@11.6.0' });
  expect(result, log).toMatchObject({ status: 'success' });
  expect(log).toMatch(/^node v24.* with npm\/11\.6\.0/m);
});

test('Yarn 4 is the version that packageManager pins', async () => {
  const { result, log } = await build(
    { '.yarnrc.yml': 'nodeLinker: node-modules\nenableTelemetry: false\n' },
    { packageManager: 'yarn@4.9.2' },
  );
  expect(result, log).toMatchObject({ status: 'success' });
  expect(log).toMatch(/^node v24.* with yarn\/4\.9\.2/m);
});

test('Yarn 4 of the image serves a project of Yarn 2 or later that pins none', async () => {
  const { result, log } = await build({
    '.yarnrc.yml': 'nodeLinker: node-modules\nenableTelemetry: false\n',
    'yarn.lock': '__metadata:\n  version: 10\n  cacheKey: 10c0\n',
    'appflux.json': '{"installCommand":"yarn install --no-immutable"}',
  });
  expect(result, log).toMatchObject({ status: 'success' });
  expect(log).toMatch(/^node v24.* with yarn\/4\.18\.1/m);
});

test('Bun is the version that packageManager pins, for the install, the script and what it calls', async () => {
  const { result, log } = await build(
    {},
    {
      packageManager: 'bun@1.3.14',
      scripts: { build: 'bun report.cjs && bun --version && mkdir -p dist && echo hi > dist/index.html' },
    },
  );
  expect(result, log).toMatchObject({ status: 'success' });
  expect(log).toContain('Package manager: bun 1.3.14, because packageManager in package.json says so.');
  expect(log).toContain('Downloading bun 1.3.14, requested by packageManager in package.json.');
  expect(log).toMatch(/^bun install v1\.3\.14/m);
  expect(log).toMatch(/with bun\/1\.3\.14/);
  expect(log).toMatch(/^1\.3\.14$/m);
});

test('Bun is the version that .bun-version names', async () => {
  const { result, log } = await build({
    '.bun-version': '1.3.13\n',
    'bun.lock': JSON.stringify({
      lockfileVersion: 1,
      workspaces: { '': { name: 'asking', dependencies: { 'is-number': '7.0.0' } } },
      packages: { 'is-number': ['is-number@7.0.0', '', {}, IS_NUMBER_7] },
    }),
  });
  expect(result, log).toMatchObject({ status: 'success' });
  expect(log).toContain('Version of bun: 1.3.13, because .bun-version says so.');
  expect(log).toMatch(/with bun\/1\.3\.13/);
});

const IS_NUMBER_IN_PNPM_LOCK = `specifiers:
  is-number: 7.0.0

dependencies:
  is-number: 7.0.0

packages:

  /is-number/7.0.0:
    resolution: {integrity: ${IS_NUMBER_7}}
    engines: {node: '>=0.12.0'}
    dev: false
`;

test('pnpm is the version that its lockfile needs', async () => {
  const { result, log } = await build({
    'pnpm-lock.yaml': `lockfileVersion: 5.4\n\n${IS_NUMBER_IN_PNPM_LOCK}`,
  });
  expect(result, log).toMatchObject({ status: 'success' });
  expect(log).toContain('Version of pnpm: 7, because the format of pnpm-lock.yaml (5.4) says so.');
  expect(log).toMatch(/^node v24.* with pnpm\/7\./m);
});

test('pnpm is of the range in packageManager', async () => {
  const { result, log } = await build({}, { packageManager: 'pnpm@^9' });
  expect(result, log).toMatchObject({ status: 'success' });
  expect(log).toMatch(/^node v24.* with pnpm\/9\./m);
});

test('a package with native code is compiled where there is no prebuilt binary', async () => {
  const { result, log } = await build(
    {
      'report.cjs': "console.log('compiled', require('native')())",
      'native/package.json': JSON.stringify({
        name: 'native',
        version: '1.0.0',
        main: 'build/Release/native.node',
      }),
      'native/binding.gyp': JSON.stringify({ targets: [{ target_name: 'native', sources: ['native.c'] }] }),
      'native/native.c': NATIVE,
      '.nvmrc': '22',
    },
    { dependencies: { native: 'file:native' } },
  );
  expect(result, log).toMatchObject({ status: 'success' });
  expect(log).toMatch(/^compiled 42$/m);
});

/** A function that gives 42. */
const NATIVE = `#include <node_api.h>
static napi_value call(napi_env env, napi_callback_info info) {
  napi_value result;
  napi_create_int32(env, 42, &result);
  return result;
}
NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "call", NAPI_AUTO_LENGTH, call, NULL, &function);
  return function;
}
`;
