/** Builds that cannot succeed: each ends with its own code and a helpful message, and leaves nothing behind. */
import type { Deployment, FailureCode } from '@appflux/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { type InstanceWithRunner, startWithRunner } from '../instance/with-runner.ts';
import { serveFiles } from '../source/serve.ts';
import { zipOf } from '../source/zip.ts';
import { storedObjects } from './stored-objects.ts';

let instance: InstanceWithRunner;

beforeAll(async () => {
  await ensureWebImage(connectEngine());
  instance = await startWithRunner();
});

afterAll(() => instance?.stop());

async function deployUpload(name: string, bytes: Buffer): Promise<Deployment> {
  const uploadId = await instance.client.upload(`${name}.zip`, bytes);
  const { slug } = await instance.client.createApp({ name });
  const { id } = await instance.client.deploy(slug, { uploadId });
  return instance.client.untilEnded(id);
}

/** The deployment failed with this code, says why and what to do, in the API and in the log, and left nothing. */
async function expectFailure(
  deployment: Deployment,
  code: FailureCode,
  words: { message: RegExp; hint: RegExp },
): Promise<void> {
  const { items } = await instance.client.logs(deployment.id);
  const log = items.map(({ text }) => text).join('\n');
  expect(deployment, log).toMatchObject({ status: 'failed', attempt: 1, artifacts: [], artifactUrl: null });
  expect(deployment.failure, log).toMatchObject({ code });
  expect(deployment.failure?.message).toMatch(words.message);
  expect(deployment.failure?.hint).toMatch(words.hint);
  const last = items.at(-1)?.text ?? '';
  expect(last).toContain(`(${code})`);
  expect(last).toContain(deployment.failure?.message.slice(0, 40));
  expect(last).toContain(deployment.failure?.hint.slice(0, 40));
  expect(await instance.runner.leftovers()).toEqual({ containers: [], folders: [] });
  // The log is kept, and nothing else.
  const prefix = `apps/${deployment.appId}/${deployment.id}/`;
  await expect
    .poll(() => storedObjects(instance.edge, prefix), { timeout: 30_000 })
    .toEqual([`${prefix}log.ndjson.gz`]);
}

const PACKAGE = JSON.stringify({ name: 'failing', version: '1.0.0', private: true });

const settings = (buildCommand: string) =>
  JSON.stringify({ installCommand: 'true', buildCommand, outputs: ['dist'] });

describe('a source that cannot be used', () => {
  it('a file that is not a ZIP', async () => {
    const deployment = await deployUpload('not-a-zip', Buffer.from('this is a letter, not an archive'));
    await expectFailure(deployment, 'source_invalid', { message: /ZIP/, hint: /upload|ZIP/i });
    expect(deployment.failure?.phase).toBe('preparing');
  });

  it('a repository that does not exist', async () => {
    const host = await serveFiles(new Map());
    try {
      const source = { provider: 'git' as const, repoUrl: `${host.url}nobody/nothing.git`, branch: 'main' };
      const { slug } = await instance.client.createApp({ name: 'no-repository', source });
      const { id } = await instance.client.deploy(slug);
      await expectFailure(await instance.client.untilEnded(id), 'source_unavailable', {
        message: /nobody\/nothing/,
        hint: /repository URL|credentials/i,
      });
    } finally {
      await host.close();
    }
  });

  it('a project with nothing to build', async () => {
    const deployment = await deployUpload('letters', await zipOf({ 'letters/one.txt': 'Dear reader' }));
    await expectFailure(deployment, 'nothing_to_build', { message: /./, hint: /root directory|outputs/i });
    expect(deployment.failure?.phase).toBe('detecting');
  });
});

describe('a build without a result', () => {
  it('a command that fails', async () => {
    const files = { 'package.json': PACKAGE, 'appflux.json': settings('echo about to fail; exit 3') };
    const deployment = await deployUpload('fails', await zipOf(files));
    await expectFailure(deployment, 'build_failed', { message: /exit code 3/, hint: /log|build command/i });
    const { items } = await instance.client.logs(deployment.id);
    expect(items).toContainEqual(expect.objectContaining({ stream: 'stdout', text: 'about to fail' }));
  });

  it.each<[string, FailureCode, Record<string, string>, { message: RegExp; hint: RegExp }]>([
    [
      'a program that no package provides',
      'build_failed',
      {
        'package.json': JSON.stringify({ name: 'failing', scripts: { build: 'vit build' } }),
        'appflux.json': settings('npm run build'),
      },
      {
        message: /exit code 127|not there.*: sh: 1: vit: not found$/,
        hint: /No installed package has a program vit\. Add/,
      },
    ],
    [
      'a missing lockfile',
      'install_failed',
      {
        'package.json': JSON.stringify({ name: 'failing', dependencies: { 'is-odd': '3.0.1' } }),
        'appflux.json': JSON.stringify({ installCommand: 'npm ci', outputs: ['dist'] }),
      },
      {
        message: /^The install command \(npm ci\) .*: npm ci: package-lock\.json is missing$/,
        hint: /commit package-lock\.json/,
      },
    ],
    [
      'a variable that is not set',
      'build_failed',
      {
        'package.json': PACKAGE,
        'build.mjs': "if (!process.env.SHOP_API_URL) throw new Error('SHOP_API_URL is not set');",
        'appflux.json': settings('node build.mjs'),
      },
      { message: /: Error: SHOP_API_URL is not set$/, hint: /Add the variable SHOP_API_URL to the app/ },
    ],
    [
      'an import of a package that is not installed',
      'build_failed',
      {
        'package.json': PACKAGE,
        'build.mjs': "import 'chart.js';",
        'appflux.json': settings('node build.mjs'),
      },
      { message: /Cannot find package 'chart\.js' imported from build\.mjs$/, hint: /^Add chart\.js to the/ },
    ],
  ])('%s is named, with what to do', async (what, code, files, words) => {
    const deployment = await deployUpload(what.replaceAll(' ', '-'), await zipOf(files));
    await expectFailure(deployment, code, words);
    expect(deployment.failure?.phase).toBe('building');
  });

  it('a build without outputs', async () => {
    const files = { 'package.json': PACKAGE, 'appflux.json': settings('echo done') };
    const deployment = await deployUpload('makes-nothing', await zipOf(files));
    await expectFailure(deployment, 'no_artifact', { message: /dist/, hint: /outputs/ });
  });

  it('an appflux.json with an unknown key names the nearest known one', async () => {
    const files = { 'package.json': PACKAGE, 'appflux.json': '{"buildComand":"true"}' };
    const deployment = await deployUpload('misspelled', await zipOf(files));
    await expectFailure(deployment, 'settings_invalid', { message: /buildComand/, hint: /buildCommand/ });
  });
});
