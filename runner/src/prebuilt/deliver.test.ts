/** An output that was built elsewhere, from the folder on disk to what the edge has. */
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type AppType,
  BuildSettings,
  type RunnerToDeployment,
  SERVER_SITES,
  SITE_BASE,
} from '@appflux/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keptJournal } from '../testing/docker.ts';
import { FAKE_CREDENTIAL, FakeEdge } from '../testing/fake-edge.ts';
import { FakeSites } from '../testing/fake-sites.ts';
import { sampleGrant } from '../testing/sample-job.ts';
import { deliverPrebuilt } from './deliver.ts';

let edge: FakeEdge;
let sites: FakeSites;
let folder: string;

beforeEach(async () => {
  edge = await FakeEdge.start();
  sites = new FakeSites(edge);
  edge.sites = sites;
  folder = await mkdtemp(join(tmpdir(), 'appflux-output-'));
});

afterEach(async () => {
  expect(edge.misunderstood).toEqual([]);
  await edge.close();
  await rm(folder, { recursive: true, force: true });
});

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

interface Case {
  readonly path?: string;
  readonly type?: AppType | null;
  readonly build?: object;
  readonly signal?: AbortSignal;
  readonly token?: string;
}

function begin({ path = 'dist', type = null, build = {}, signal, token }: Case = {}) {
  const grant = sampleGrant();
  const attempt = edge.grant(grant);
  const { deploymentId, leaseToken, leaseSeconds, job } = grant;
  const { lines, journal } = keptJournal();
  const { timeoutSeconds, logBytes, artifactBytes } = job.limits;
  const reporting = deliverPrebuilt({
    deploymentId,
    grant: { attempt: 1, leaseToken, leaseSeconds, limits: { timeoutSeconds, logBytes, artifactBytes } },
    output: { path: join(folder, path), workingFolder: folder },
    app: { slug: 'shop', type, build: BuildSettings.parse(build) },
    builtFrom: { commitHash: 'c'.repeat(40), commitMessage: 'Add a map', branch: 'main' },
    program: 'appflux 1.2.3',
    url: edge.url,
    token: token ?? FAKE_CREDENTIAL,
    signal: signal ?? new AbortController().signal,
    journal,
  });
  const framesOf = <Type extends RunnerToDeployment['type']>(of: Type) =>
    attempt.frames.filter((frame) => frame.type === of) as Extract<RunnerToDeployment, { type: Type }>[];
  const ended = reporting.then((reported) => ({ attempt, reported, framesOf, journal: lines.join('') }));
  return { attempt, ended };
}

const deliver = (of: Case = {}) => begin(of).ended;

/** What the edge publishes of the delivered pack, by path. */
async function published(name: string): Promise<Record<string, string>> {
  await sites.publish(edge.storedBytes(name), '0'.repeat(23).padEnd(24, '1'));
  return Object.fromEntries(sites.files());
}

test('a folder is published as a site, with the rules of the project around it', async () => {
  await write({
    'package.json':
      '{"name":"shop","version":"2.0.0","scripts":{"build":"vite build"},"devDependencies":{"vite":"8.0.0"}}',
    'appflux.json': '{"site":{"spaFallback":false}}',
    'vercel.json': '{"redirects":[{"source":"/old","destination":"/new","permanent":true}]}',
    'dist/index.html': 'hello',
    'dist/_headers': '/*\n  X-From: headers\n',
    'dist/node_modules/a/chunk.js': 'kept',
    'src/main.ts': 'never',
  });
  const { attempt, reported, framesOf, journal } = await deliver();
  expect(reported).toEqual({ status: 'success', artifacts: ['shop-2.0.0.zip'] });
  expect(Object.keys(await published('shop-2.0.0.zip')).sort()).toEqual([
    'index.html',
    'node_modules/a/chunk.js',
  ]);
  expect(sites.manifest?.rules).toMatchObject({
    spaFallback: false,
    redirects: [{ status: 308, pattern: { before: ['old'] } }],
    headers: [expect.anything()],
  });
  expect(framesOf('phase').map(({ phase }) => phase)).toEqual(['preparing', 'uploading']);
  expect(framesOf('source')).toMatchObject([{ branch: 'main', commitMessage: 'Add a map' }]);
  expect(framesOf('plan')).toMatchObject([
    { version: '2.0.0', plan: { type: 'web', image: '', buildCommand: null, outputs: ['dist'] } },
  ]);
  expect(attempt.log).toContain('Delivered by appflux 1.2.3.');
  expect(journal).not.toContain('cannot be written');
});

test.each(['.appflux-server', 'out/.appflux-server'])('a packed server is published: %s', async (path) => {
  const spec = {
    version: 1,
    framework: 'SvelteKit',
    main: 'server.js',
    compatibilityDate: '2026-11-01',
    compatibilityFlags: [],
    assets: { workerFirst: false, notFound: 'none' },
    vars: {},
    bindings: {},
    crons: [],
  };
  sites.accepts = [SITE_BASE, SERVER_SITES];
  await write({
    'appflux.json': '{"bindings":{"DB":"sqlite"}}',
    [`${path}/server.json`]: JSON.stringify(spec),
    [`${path}/modules/server.js`]: 'export default {};',
    [`${path}/assets/robots.txt`]: 'User-agent: *',
  });
  const { reported, framesOf } = await deliver({ path });
  expect(reported).toEqual({ status: 'success', artifacts: ['shop-ccccccc.zip'] });
  expect(framesOf('plan')).toMatchObject([{ plan: { type: 'web', outputs: [path] } }]);
  expect(Object.keys(await published('shop-ccccccc.zip')).sort()).toEqual([
    '.appflux/server/server.js',
    'robots.txt',
  ]);
  expect(sites.manifest?.server).toMatchObject({ framework: 'SvelteKit', bindings: { DB: 'sqlite' } });
});

test('the folder of a project stands for the outputs that its build leaves', async () => {
  await write({
    'appflux.json': '{"buildCommand":"make","outputs":["public"]}',
    'public/index.html': 'built',
    'index.html': 'source',
  });
  const { reported } = await deliver({ path: '.' });
  expect(reported?.status).toBe('success');
  expect(await published('shop-ccccccc.zip')).toEqual({ 'index.html': 'built' });
});

test('a folder that nothing builds is the output itself', async () => {
  await write({ 'index.html': 'hello', 'about/index.html': 'about', '.env': 'SECRET=1' });
  const { attempt } = await deliver({ path: '.' });
  expect(Object.keys(await published('shop-ccccccc.zip')).sort()).toEqual(['about/index.html', 'index.html']);
  expect(attempt.log).toContain('files with secrets (".env")');
});

test('a single file is delivered as an artifact, whatever is in its name', async () => {
  await write({ 'out/My App (1).exe': 'MZ', 'out/other.exe': 'MZ' });
  const { reported, framesOf } = await deliver({ path: 'out/My App (1).exe', type: 'desktop' });
  expect(reported).toEqual({ status: 'success', artifacts: ['My App (1).exe'] });
  expect(framesOf('upload')).toHaveLength(1);
  expect(edge.storedBytes('My App (1).exe').toString()).toBe('MZ');
});

test('the files in a folder are the artifacts of an app that is no site', async () => {
  await write({ 'release/shop.apk': 'no apk', 'release/shop.aab': 'no bundle', 'release/logs/x.txt': 'x' });
  const { reported } = await deliver({ path: 'release' });
  expect(reported).toMatchObject({ artifacts: expect.arrayContaining(['shop.apk', 'shop.aab']) });
});

test.each([
  ['a file', 'dist/x.txt', '../.git/config'],
  ['a folder, however deep', 'dist/a/b/x', '../../../.git'],
])('a link out of the output is refused: %s', async (_, link, target) => {
  await write({ '.git/config': 'the token of CI', 'dist/index.html': 'hello', 'dist/a/b/c.html': 'c' });
  await symlink(target, join(folder, link));
  const { attempt, framesOf } = await deliver();
  expect(attempt.result).toMatchObject({
    failure: {
      code: 'artifact_invalid',
      message: expect.stringContaining('is a link to a path outside the output'),
    },
  });
  expect(framesOf('upload')).toEqual([]);
});

test('a link within the output stands for what it leads to', async () => {
  await write({ 'dist/index.html': 'hello', 'dist/a/b.html': 'b' });
  await symlink('a/b.html', join(folder, 'dist/b.html'));
  await symlink('a', join(folder, 'dist/again'));
  expect((await deliver()).reported?.status).toBe('success');
  expect(Object.keys(await published('shop-ccccccc.zip')).sort()).toEqual([
    'a/b.html',
    'again/b.html',
    'b.html',
    'index.html',
  ]);
});

test('an empty folder, and one that is not there, fail with no_artifact', async () => {
  await mkdir(join(folder, 'dist'));
  expect((await deliver({ type: 'web' })).attempt.result).toMatchObject({ failure: { code: 'no_artifact' } });
  const { attempt } = await deliver({ path: 'missing' });
  expect(attempt.result).toMatchObject({
    failure: { code: 'no_artifact', message: 'There is no "missing"' },
  });
});

test('an appflux.json that can’t be read fails before anything is sent', async () => {
  await write({ 'appflux.json': '{"outptus":[]}', 'dist/index.html': 'hello' });
  const { attempt, framesOf } = await deliver();
  expect(attempt.result).toMatchObject({ failure: { code: 'settings_invalid' } });
  expect(framesOf('upload')).toEqual([]);
});

test('stopped by its person it reports that, and removes what it has packed', async () => {
  await write({ 'dist/index.html': 'hello' });
  sites.accepts = [SITE_BASE];
  sites.silent = true;
  const controller = new AbortController();
  const before = new Set(await readdir(tmpdir()));
  const delivering = deliver({ signal: controller.signal });
  await expect.poll(() => sites.questions.length).toBe(1);
  controller.abort();
  const { reported, attempt } = await delivering;
  expect(reported).toEqual({ status: 'canceled' });
  expect(attempt.result).toEqual({ status: 'canceled' });
  const left = (await readdir(tmpdir())).filter(
    (name) => name.startsWith('appflux-prebuilt-') && !before.has(name),
  );
  expect(left).toEqual([]);
});

test('canceled from elsewhere it stops', async () => {
  await write({ 'dist/index.html': 'hello' });
  sites.silent = true;
  const delivering = begin();
  await expect.poll(() => sites.questions.length).toBe(1);
  delivering.attempt.cancel('asked for by ada');
  expect((await delivering.ended).reported).toEqual({ status: 'canceled' });
});

test('with a token that isn’t accepted nothing is reported', async () => {
  await write({ 'dist/index.html': 'hello' });
  const { reported, journal } = await deliver({ token: 'afx_revoked' });
  expect(reported).toBeNull();
  expect(journal).toContain('no longer accepts');
  expect(journal).not.toContain('afx_revoked');
});
