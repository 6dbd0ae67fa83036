import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { AwsClient } from 'aws4fetch';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { startChild } from './child.ts';
import { ROOT } from './command.ts';
import { bundleWorker } from './edge/bundle.ts';
import { type EdgeConfig, publicUrl, s3Endpoint, temporaryFolder } from './edge/config.ts';
import { databaseFile } from './edge/databases.ts';
import { isMigrated, migrateDatabases } from './edge/migrations.ts';
import { launchEdge, type RunningEdge, startEdge } from './edge/process.ts';
import { freePort } from './free-port.ts';
import { isStackProblem } from './problem.ts';

const fixture = join(ROOT, 'stack', 'fixtures', 'worker');
const wranglerConfig = join(fixture, 'wrangler.toml');
const bucket = { name: 'fixture-0f1e2d3c', accessKeyId: 'local-key', secretAccessKey: 'local-secret' };
const client = new AwsClient({ ...bucket, service: 's3', region: 'auto' });

let folder: string;
let logFile: string;
let main: string;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-edge-test-'));
  logFile = join(folder, 'edge.log');
  main = await bundleWorker({ wranglerConfig, sources: [fixture], files: [] }, join(folder, 'bundle'));
  port = await freePort();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const configOf = (changes: Partial<EdgeConfig> = {}): EdgeConfig => ({
  port,
  wranglerConfig,
  main,
  persist: join(folder, 'persisted'),
  bucket,
  variables: { PUBLIC_URL: publicUrl(port), SECRET: 'made at first start' },
  ...changes,
});

const start = (changes: Partial<EdgeConfig> = {}): Promise<RunningEdge> =>
  startEdge(configOf(changes), { env: process.env, logFile });

const get = (path: string) => fetch(`${publicUrl(port)}${path}`);
const getJson = async (path: string): Promise<unknown> => (await get(path)).json();

/** A presigned URL of an object, for one method. */
async function presign(method: string, key: string, seconds = 60): Promise<string> {
  const url = new URL(`${s3Endpoint(port)}/${bucket.name}/${key}`);
  url.searchParams.set('X-Amz-Expires', String(seconds));
  return (await client.sign(url, { method, aws: { signQuery: true } })).url;
}

test('serves the assets of its config instead of those of wrangler.toml', { timeout: 30_000 }, async () => {
  const assets = join(folder, 'assets');
  await mkdir(assets);
  await writeFile(join(assets, 'index.html'), '<title>its own copy</title>');
  const edge = await start({ assets });
  try {
    expect(await (await get('/some/page')).text()).toBe('<title>its own copy</title>');
  } finally {
    await edge.stop(5_000);
  }
});

describe('a running edge process', { timeout: 30_000 }, () => {
  let edge: RunningEdge;
  beforeAll(async () => {
    edge = await start();
  });
  afterAll(() => edge.stop(5_000));

  test('has no mail binding, because Miniflare would only pretend to send', async () => {
    const bindings = await getJson('/bindings');
    expect(bindings).toContain('METADATA');
    expect(bindings).not.toContain('EMAIL');
  });

  test('passes variables to the Worker; those of the start override those of wrangler.toml', async () => {
    expect(await getJson('/variables')).toEqual({
      publicUrl: publicUrl(port),
      greeting: 'from wrangler.toml',
      secret: 'made at first start',
    });
  });

  test('listens on the loopback address only', async () => {
    const listening = (await readFile('/proc/net/tcp', 'utf8'))
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(
        ([, local, , state]) =>
          state === '0A' && local?.endsWith(`:${port.toString(16).toUpperCase().padStart(4, '0')}`),
      );
    expect(listening.map(([, local]) => local?.split(':')[0])).toEqual(['0100007F']);
  });

  test('serves the static assets, and index.html for missing ones', async () => {
    expect(await (await get('/some/page')).text()).toContain('<title>fixture</title>');
  });

  test('delivers queued messages and runs crons', async () => {
    await get('/send');
    await vi.waitFor(
      async () =>
        expect(await getJson('/notes')).toEqual(expect.arrayContaining(['from the queue', 'from a cron'])),
      { timeout: 10_000, interval: 50 },
    );
  });

  test('accepts a presigned PUT whose object the Worker can read, and refuses one without a valid signature', async () => {
    const url = await presign('PUT', 'apps/1/build.zip');
    const put = await fetch(url, { method: 'PUT', body: 'the bytes' });
    expect(put.status).toBe(200);
    expect(put.headers.get('etag')).toMatch(/^"[0-9a-f]{32}"$/);
    expect(await (await get('/object?key=apps/1/build.zip')).text()).toBe('the bytes');

    const tampered = await fetch(url.replace('build.zip', 'other.zip'), { method: 'PUT', body: 'x' });
    expect(tampered.status).toBe(403);
    const unsigned = await fetch(url.split('?')[0] ?? '', { method: 'PUT', body: 'x' });
    expect(unsigned.ok).toBe(false);
    expect(await (await get('/object?key=apps/1/build.zip')).text()).toBe('the bytes');
  });

  test('lets a page of the instance PUT and read the ETag, on any loopback name', async () => {
    for (const origin of [publicUrl(port), `http://127.0.0.1:${port}`]) {
      const url = await presign('PUT', 'from-a-page');
      const preflight = await fetch(url, {
        method: 'OPTIONS',
        headers: { Origin: origin, 'Access-Control-Request-Method': 'PUT' },
      });
      expect(preflight.headers.get('access-control-allow-origin')).toMatch(/^\*$/);
      expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
      const put = await fetch(url, { method: 'PUT', headers: { Origin: origin }, body: 'x' });
      expect(put.headers.get('access-control-expose-headers')).toBe('*');
    }
  });

  test('lets the Worker reach its own S3 endpoint', async () => {
    await fetch(await presign('PUT', 'seen-from-inside'), { method: 'PUT', body: 'inside' });
    const url = encodeURIComponent(await presign('GET', 'seen-from-inside'));
    expect(await (await get(`/fetch?url=${url}`)).text()).toBe('inside');
  });

  test('writes the log of the Worker into its log file', async () => {
    await get('/log');
    await vi.waitFor(async () => expect(await edge.output()).toContain('hello from the worker'));
  });
});

describe('an edge process, restarted', { timeout: 30_000 }, () => {
  const running: RunningEdge[] = [];
  const startOwn = async (changes: Partial<EdgeConfig> = {}) => {
    const edge = await start(changes);
    running.push(edge);
    return edge;
  };
  afterEach(async () => {
    await Promise.all(running.splice(0).map((edge) => edge.stop(5_000)));
  });

  test('migrates its databases before the Worker runs', async () => {
    const persist = join(folder, 'persisted-before');
    const databases = { wranglerConfig, persist };
    expect(await isMigrated(databases)).toBe(false);
    // There is no Worker at all yet.
    expect(await migrateDatabases(databases)).toEqual(['0001_notes.sql']);
    expect(await isMigrated(databases)).toBe(true);
    expect(await migrateDatabases(databases)).toEqual([]);
    const edge = await startOwn({ persist });
    expect(await getJson('/notes')).toContain('from the migration; kept whole');
    expect(await edge.output()).not.toContain('applied migration');
    // Also of one that was killed.
    await edge.stop(0);
    expect(await isMigrated(databases)).toBe(true);
  });

  test('has as many metadata databases as it is set to, and never fewer than before', async () => {
    const databases = { wranglerConfig, persist: join(folder, 'persisted-several') };
    const three = { ...databases, metadataDatabases: 3 };
    expect(await migrateDatabases(three)).toEqual(['0001_notes.sql', '0001_notes.sql', '0001_notes.sql']);
    expect(await isMigrated(three)).toBe(true);
    expect(await isMigrated({ ...databases, metadataDatabases: 4 })).toBe(false);
    for (const metadataDatabases of [1, 2, undefined]) {
      await expect(migrateDatabases({ ...databases, metadataDatabases })).rejects.toMatchObject({
        code: 'settings_invalid',
        message: expect.stringContaining('has 3 metadata databases'),
      });
    }
    expect(await migrateDatabases(three)).toEqual([]);
  });

  test('asks the runtime what a database has if its file does not say', async () => {
    const databases = { wranglerConfig, persist: join(folder, 'persisted-unclear') };
    const file = databaseFile(databases.persist, 'fixture');
    await mkdir(dirname(file), { recursive: true });
    const other = new DatabaseSync(file);
    other.exec('CREATE TABLE other (id TEXT)');
    other.close();
    expect(await isMigrated(databases)).toBe(false);
    await writeFile(file, 'no database '.repeat(1000));
    expect(await isMigrated(databases)).toBe(false);
  });

  test('refuses a database that a newer version has migrated, by the name of the migration', async () => {
    const persist = join(folder, 'persisted-newer');
    const newer = join(folder, 'newer');
    await cp(fixture, newer, { recursive: true });
    await writeFile(join(newer, 'migrations', '0002_later.sql'), 'CREATE TABLE later (id TEXT);');
    await writeFile(join(newer, 'migrations', '0003_latest.sql'), 'CREATE TABLE latest (id TEXT);');
    await migrateDatabases({ wranglerConfig, persist });
    expect(await isMigrated({ wranglerConfig: join(newer, 'wrangler.toml'), persist })).toBe(false);
    const applied = await migrateDatabases({ wranglerConfig: join(newer, 'wrangler.toml'), persist });
    expect(applied).toEqual(['0002_later.sql', '0003_latest.sql']);
    expect(await isMigrated({ wranglerConfig, persist })).toBe(false);
    await expect(startOwn({ persist })).rejects.toMatchObject({
      code: 'state_newer',
      message: expect.stringContaining('0002_later.sql, 0003_latest.sql'),
    });
    // A version that knows them opens it.
    await startOwn({ persist, wranglerConfig: join(newer, 'wrangler.toml') });
    expect(await getJson('/notes')).toContain('from the migration; kept whole');
  });

  test('applies each migration once, including triggers', async () => {
    await startOwn();
    const first = (await getJson('/notes')) as string[];
    expect(first).toContain('from the migration; kept whole');
    await running.pop()?.stop(5_000);
    await startOwn();
    const again = (await getJson('/notes')) as string[];
    expect(again.filter((note) => note === 'from the migration; kept whole')).toHaveLength(1);
  });

  test('keeps objects, databases and alarms when it is killed', async () => {
    const edge = await startOwn();
    expect(await getJson('/count')).toBe(1);
    await fetch(await presign('PUT', 'kept'), { method: 'PUT', body: 'still here' });
    await get('/remind?in=1500');
    edge.process.kill('SIGKILL');
    await edge.ended;
    running.splice(0);

    await startOwn();
    expect(await getJson('/count')).toBe(2);
    expect(await (await get('/object?key=kept')).text()).toBe('still here');
    await vi.waitFor(async () => expect(await getJson('/notes')).toContain('from an alarm'), {
      timeout: 10_000,
      interval: 50,
    });
  });

  test('starts again with other secrets without having its services assembled again', async () => {
    const kept = join(dirname(dirname(main)), 'services');
    await (await startOwn()).stop(5_000);
    const before = await readdir(kept);
    const secret = randomUUID();
    const edge = await startOwn({ variables: { PUBLIC_URL: publicUrl(port), SECRET: secret } });
    expect(await getJson('/variables')).toMatchObject({ secret });
    expect(await readdir(kept)).toEqual(before);
    // Nothing of it is left on disk either.
    const files = await readdir(`${configOf().persist}-tmp`);
    expect(files.filter((name) => name.endsWith('.capnp'))).toEqual([]);
    await edge.stop(5_000);
  });

  test('ends when its parent is gone', async () => {
    const edge = await startOwn();
    edge.process.disconnect();
    expect(await edge.ended).toBe('exit code 0');
    await expect(get('/variables')).rejects.toThrow();
  });

  test('ends when its parent is gone, also while it starts', async () => {
    const edge = await startChild({
      command: process.execPath,
      args: [join(ROOT, 'stack', 'edge.ts')],
      cwd: ROOT,
      env: process.env,
      logFile,
      ipc: true,
    });
    // It has its services assembled first, which takes longer than the rest.
    const config = configOf({ persist: join(folder, 'abandoned'), bucket: { ...bucket, name: 'abandoned' } });
    await mkdir(temporaryFolder(config.persist), { recursive: true });
    edge.process.send(config);
    edge.process.disconnect();
    expect(await edge.ended).toBe('exit code 1');
    await expect(get('/variables')).rejects.toThrow();
  });

  test('starts in a folder whose name has any characters, and is longer than that of a socket may be', async () => {
    const odd = join(folder, 'a "quoted" größer $name');
    const proxySocket = join(odd, 'proxy.sock');
    await startOwn({ persist: join(odd, 'deep'.repeat(30)), proxySocket });
    expect(await getJson('/count')).toBe(1);
    const [answer] = (await once(request({ socketPath: proxySocket, path: '/count' }).end(), 'response')) as [
      IncomingMessage,
    ];
    expect(await text(answer)).toBe('2');
    await vi.waitFor(async () => expect(await getJson('/notes')).toContain('from a cron'), {
      timeout: 10_000,
      interval: 50,
    });
  });

  test('reports why it cannot start', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
    const problem: unknown = await startOwn({ port: address.port }).catch((error: unknown) => error);
    server.close();
    expect(isStackProblem(problem, 'edge_failed') && problem.sentence).toContain(`${address.port}`);
  });

  test('reports what is wrong beside the control plane in one sentence', async () => {
    const servers = {
      wranglerConfig,
      main,
      persist: join(folder, 'servers'),
      sockets: join(logFile, 'no-folder'),
      logFile: join(folder, 'servers.log'),
      memoryBytes: 2 ** 30,
    };
    const starting = startOwn({
      persist: join(folder, 'beside'),
      bucket: { ...bucket, name: 'beside' },
      servers,
    });
    const problem: unknown = await starting.catch((error: unknown) => error);
    expect(isStackProblem(problem, 'edge_failed') && problem.message).toMatch(
      /^The control plane did not start \(ENOTDIR[^()|]*\)$/,
    );
  });

  test('that has ended before it was given its config runs nothing', async () => {
    const launched = await launchEdge({ persist: join(folder, 'launched'), env: process.env, logFile });
    await launched.stop(5_000);
    const problem: unknown = await launched.run(configOf()).catch((error: unknown) => error);
    expect(isStackProblem(problem, 'edge_failed') && problem.sentence).toContain('SIGTERM');
  });
});
