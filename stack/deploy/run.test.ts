/** A whole deploy by the real wrangler, to a stand-in for Cloudflare's API. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../command.ts';
import { ACCOUNT_ID, TOKEN } from '../stand-ins/cloudflare/account.ts';
import { refused } from '../stand-ins/cloudflare/answer.ts';
import { type CloudflareStandIn, startCloudflare } from '../stand-ins/cloudflare/start.ts';
import { deploy } from './run.ts';

const SETTINGS = `public_url = "https://apps.example.com"\nsites_domain = "example.net"\naccount_id = "${ACCOUNT_ID}"\n`;

let cloudflare: CloudflareStandIn;
let folder: string;
/** Inside the checkout: the generated configuration leads to its files by relative paths. */
let generated: string;
/** What the build of the Worker is recognized by. */
let build = 'build-1';
const lines: string[] = [];

beforeAll(async () => {
  cloudflare = await startCloudflare();
  folder = await mkdtemp(join(tmpdir(), 'appflux-deploy-'));
  generated = await mkdtemp(join(ROOT, 'node_modules', '.cache', 'appflux-deploy-'));
  await writeFile(join(folder, 'settings.toml'), SETTINGS);
  cloudflare.account.addZone('example.com');
  cloudflare.account.addZone('example.net');
});
afterAll(async () => {
  await cloudflare.stop();
  await rm(folder, { recursive: true, force: true });
  await rm(generated, { recursive: true, force: true });
});

const task = () => ({ detail: () => undefined, done: () => undefined, failed: () => undefined });
const progress = { say: (line: string) => void lines.push(line), task };

async function run(env: Record<string, string>, ...args: string[]): Promise<string> {
  lines.length = 0;
  cloudflare.calls.length = 0;
  const code = await deploy({
    root: ROOT,
    args: ['--config', join(folder, 'settings.toml'), ...args],
    env: { PATH: process.env.PATH ?? '', HOME: folder, CLOUDFLARE_API_BASE_URL: cloudflare.url, ...env },
    progress,
    generated,
    built: {
      tags: { worker: build, servers: 'host-1', pages: 'pages-1' },
      workerBytes: 1000,
      dashboardFiles: 1,
      migrations: await readdir(join(ROOT, 'edge', 'migrations')),
    },
  });
  expect(code).toBe(0);
  return lines.join('\n');
}

const withToken = { CLOUDFLARE_API_TOKEN: TOKEN, S3_ACCESS_KEY_ID: 'an-id', S3_SECRET_ACCESS_KEY: 'a-key' };
const changes = () =>
  cloudflare.calls.filter((call) => !/^GET|\/query$|^POST \/accounts\/[^/]+\/d1\/database\/[^/]+/.test(call));

test('a dry run without a token calls nobody, and wrangler takes the configuration', {
  timeout: 240_000,
}, async () => {
  const text = await run({}, '--dry-run');
  expect(text).toContain('npx wrangler d1 create appflux');
  expect(text).toContain('Nothing was changed.');
  expect(cloudflare.calls).toEqual([]);
  expect(existsSync(join(generated, 'secrets.json'))).toBe(false);
});

test('a failed step names what to do, and the next run goes on there', { timeout: 240_000 }, async () => {
  cloudflare.account.buckets = null;
  await expect(run(withToken, '--no-smoke-test')).rejects.toMatchObject({
    message: expect.stringContaining('10042'),
  });
  cloudflare.account.buckets = new Map();
  // Somebody else creates the bucket at the same time.
  cloudflare.faults.push({
    when: /POST .*r2\/buckets/,
    times: 1,
    answer: refused(409, 10004, 'The bucket you tried to create already exists, and you own it.'),
  });
  cloudflare.account.buckets.set('appflux', { cors: [], lifecycle: [] });
  const bucket = cloudflare.account.buckets.get('appflux');
  const text = await run(withToken, '--no-smoke-test');

  const { databases, queues, scripts, zones, routes, customDomains } = cloudflare.account;
  const [database] = [...databases.values()];
  const [, sites] = zones;
  const script = scripts.get('appflux-edge');
  expect([...databases.values()].map(({ name }) => name)).toEqual(['appflux']);
  expect(database?.sql.prepare('SELECT count(*) AS n FROM d1_migrations').get()).toEqual({
    n: (await readdir(join(ROOT, 'edge', 'migrations'))).length,
  });
  expect(queues.map(({ name, consumers }) => [name, consumers.length])).toEqual([
    ['deploy-queue', 1],
    ['event-queue', 1],
    ['dead-letters', 1],
  ]);
  expect(bucket?.cors).toMatchObject([{ allowed: { origins: ['https://apps.example.com'] } }]);
  expect(bucket?.lifecycle).toMatchObject([{ id: 'appflux-abort-uploads' }]);
  expect(sites?.records).toMatchObject([{ name: '*.example.net', proxied: true }]);
  expect(routes).toEqual([{ pattern: '*.example.net/*', script: 'appflux-edge' }]);
  expect(customDomains).toEqual([{ hostname: 'apps.example.com', service: 'appflux-edge' }]);
  expect(script?.versions.at(-1)?.annotations['workers/tag']).toBe('build-1');

  expect(script?.main).toMatch(/"DeploymentObject"/);
  expect(script?.main).not.toContain('MongoClient');

  // Secrets: generated, kept, uploaded with the Worker, and printed nowhere.
  const file = join(generated, 'secrets.json');
  const kept = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(Object.keys(kept).sort()).toEqual(['OPERATOR_SECRET', 'SEALING_KEY']);
  expect(Object.fromEntries(script?.secrets ?? [])).toEqual({
    ...kept,
    S3_ENDPOINT: `https://${ACCOUNT_ID}.r2.cloudflarestorage.com`,
    S3_ACCESS_KEY_ID: 'an-id',
    S3_SECRET_ACCESS_KEY: 'a-key',
  });
  for (const secret of [...Object.values(kept), 'a-key', TOKEN]) expect(text).not.toContain(secret);
  expect(existsSync(join(generated, 'upload.json'))).toBe(false);
  expect(text).toContain('keep a copy of this file');
  // The stand-in has answered every call of wrangler.
  expect(cloudflare.unknown).toEqual([]);
});

test('a second run changes nothing, and says so', { timeout: 120_000 }, async () => {
  expect(await run(withToken, '--no-smoke-test')).toContain('Nothing had to be changed.');
  expect(changes()).toEqual([]);
});

test('a Worker that has the URI of a MongoDB gets its driver', { timeout: 240_000 }, async () => {
  const script = cloudflare.account.scripts.get('appflux-edge');
  script?.secrets.set('MONGODB_URI', 'mongodb://test');
  build = 'build-mongodb';
  await run(withToken, '--no-smoke-test');
  expect(script?.main).toContain('MongoClient');
  expect(script?.secrets.get('MONGODB_URI')).toBe('mongodb://test');
});

test('further databases are added with all their tables, and never left out', {
  timeout: 240_000,
}, async () => {
  const file = join(folder, 'settings.toml');
  await writeFile(file, `${SETTINGS}metadata_databases = 2\n`);
  // The number of databases is a part of what is uploaded.
  build = 'build-2';
  await run(withToken, '--no-smoke-test');
  const databases = [...cloudflare.account.databases.values()];
  expect(databases.map(({ name }) => name)).toEqual(['appflux', 'appflux-metadata-1']);
  const tables = databases.map(({ sql }) => sql.prepare('SELECT sql FROM sqlite_master ORDER BY name').all());
  expect(tables[1]).toEqual(tables[0]);
  const bindings = cloudflare.account.scripts.get('appflux-edge')?.metadata.bindings;
  expect(bindings).toEqual(
    expect.arrayContaining(
      [...cloudflare.account.databases.keys()].map((id, number) =>
        expect.objectContaining({ type: 'd1', name: ['METADATA', 'METADATA_1'][number], id }),
      ),
    ),
  );
  expect(cloudflare.unknown).toEqual([]);

  await writeFile(file, SETTINGS);
  await expect(run(withToken)).rejects.toMatchObject({
    code: 'deploy_refused',
    advice: expect.stringContaining('leaves out appflux-metadata-1'),
  });
  expect(changes()).toEqual([]);
});

test('nothing begins while something is in the way', { timeout: 120_000 }, async () => {
  cloudflare.account.customDomains = [{ hostname: 'apps.example.com', service: 'shop' }];
  await expect(run(withToken)).rejects.toMatchObject({
    code: 'deploy_refused',
    advice: expect.stringContaining('custom domain of the Worker shop'),
  });
  expect(changes()).toEqual([]);
});

test('without a token, or with wrong arguments, it says what to do', async () => {
  await expect(run({})).rejects.toMatchObject({
    code: 'settings_invalid',
    advice: expect.stringContaining('Workers Scripts'),
  });
  await expect(run({}, '--dashboard', 'both')).rejects.toMatchObject({ code: 'arguments_invalid' });
  await expect(run({}, '--fast')).rejects.toMatchObject({ code: 'arguments_invalid' });
});
