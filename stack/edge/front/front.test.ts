/** Miniflare's developer endpoints are unreachable on every port of an edge process. */
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { type IncomingHttpHeaders, request as send } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { AwsClient } from 'aws4fetch';
import { CorePaths } from 'miniflare';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../command.ts';
import { freePort } from '../../free-port.ts';
import { bundleWorker } from '../bundle.ts';
import { publicUrl, s3Endpoint } from '../config.ts';
import { type RunningEdge, startEdge } from '../process.ts';

const fixture = join(ROOT, 'stack', 'fixtures', 'worker');
const wranglerConfig = join(fixture, 'wrangler.toml');
const bucket = { name: 'fixture-0f1e2d3c', accessKeyId: 'local-key', secretAccessKey: 'local-secret' };
const client = new AwsClient({ ...bucket, service: 's3', region: 'auto' });

const KEY = 'uploads/0123/source.zip';
const SECRET_VARIABLE = 'made at first start';
const SECRET = 'the bytes that belong to another team';

/** Every path that this Miniflare serves itself, and those of earlier versions. */
const DEVELOPER_PATHS = [
  ...Object.values(CorePaths).filter((path) => path !== CorePaths.R2_S3),
  '/cdn-cgi/handler/scheduled',
  '/cdn-cgi/handler/email',
  '/cdn-cgi/mf/scheduled',
  '/cdn-cgi/mf/reload',
  '/cdn-cgi/explorer',
  '/cdn-cgi/trace',
  '/cdn-cgi/',
  '/cdn-cgi',
];

/** Spellings of a path that a URL parser, a router or a file server may treat as the same. */
const spellings = (path: string): string[] => [
  path,
  `/${path}`,
  `${path}/`,
  path.replace('/cdn-cgi', '/cdn-cgi/'),
  path.replace('/cdn-cgi', '/./cdn-cgi'),
  path.replace('/cdn-cgi', '/a/../cdn-cgi'),
  path.replace('/cdn-cgi', '/a/%2e%2e/cdn-cgi'),
  path.replace('/cdn-cgi', '/%2e/cdn-cgi'),
  path.replace('/cdn-cgi', '/%63dn-cgi'),
  path.replace('/cdn-cgi', '/cdn%2Dcgi'),
  path.replace('/cdn-cgi', '/CDN-CGI'),
  path.replace('/cdn-cgi/', '/cdn-cgi%2F'),
  path.replace('/cdn-cgi/', '/cdn-cgi\\'),
  path.replaceAll('/', '\\'),
  `http://localhost${path}`,
];

/** Headers with which a client may make Miniflare use another path, another Worker or another host. */
const claims = (path: string): Record<string, string>[] => [
  {},
  { 'MF-Original-URL': `http://localhost${path}` },
  { 'MF-Route-Override': 'fixture', 'MF-Original-URL': `http://localhost${path}` },
  { 'MF-Op': 'GET', 'MF-Op-Target': '0', 'MF-Op-Secret': '00' },
  { 'X-Forwarded-Proto': 'https', Host: 'localhost' },
  { Host: 'fixture.example' },
];

interface Answer {
  readonly status: number;
  /** Byte for byte, as Latin-1. */
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** A request whose path is sent unchanged. Status 0 if the connection does not speak HTTP. */
function ask(
  port: number,
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve) => {
    const request = send({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('close', () =>
        resolve({ status: response.statusCode ?? 0, body, headers: response.headers }),
      );
    });
    request.on('error', () => resolve({ status: 0, body: '', headers: {} }));
    request.end();
  });
}

/** The TCP ports that a process and its descendants listen on. */
async function listeningPorts(pid: number): Promise<number[]> {
  const sockets = new Set<string>();
  for (const id of await family(pid)) {
    for (const fd of await readdir(`/proc/${id}/fd`)) {
      const target = await readlink(`/proc/${id}/fd/${fd}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined) sockets.add(inode);
    }
  }
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8')));
  return tables.flatMap((table) =>
    table
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[3] === '0A' && sockets.has(columns[9] ?? ''))
      .map((columns) => Number.parseInt(columns[1]?.split(':')[1] ?? '', 16)),
  );
}

async function family(pid: number): Promise<number[]> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(/\s+/);
  const deeper = await Promise.all(children.filter(Boolean).map((child) => family(Number(child))));
  return [pid, ...deeper.flat()];
}

describe('an edge process', { timeout: 60_000 }, () => {
  let folder: string;
  let port: number;
  let edge: RunningEdge;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'appflux-front-test-'));
    port = await freePort();
    const config = {
      port,
      wranglerConfig,
      main: await bundleWorker({ wranglerConfig, sources: [fixture], files: [] }, join(folder, 'bundle')),
      persist: join(folder, 'persisted'),
      bucket,
      variables: {
        PUBLIC_URL: publicUrl(port),
        SECRET: SECRET_VARIABLE,
        SITES_DOMAIN: `Sites.localhost:${port}`,
      },
    };
    edge = await startEdge(config, { env: process.env, logFile: join(folder, 'edge.log') });
    const put = await fetch(await presign('PUT', KEY), { method: 'PUT', body: SECRET });
    if (!put.ok) throw new Error(`storage answered ${put.status}`);
  });

  afterAll(async () => {
    await edge.stop(5_000);
    await rm(folder, { recursive: true, force: true });
  });

  async function presign(method: string, key: string): Promise<string> {
    const url = new URL(`${s3Endpoint(port)}/${bucket.name}/${key}`);
    url.searchParams.set('X-Amz-Expires', '60');
    return (await client.sign(url, { method, aws: { signQuery: true } })).url;
  }

  const object = `/${bucket.name}/${KEY}`;
  const walk = DEVELOPER_PATHS.flatMap((path) => [path, `${path.replace(/\/$/, '')}${object}`]);

  test.each(walk)('%s is 404 on its port in every spelling', async (path) => {
    for (const spelling of spellings(path)) {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
        const { status, body } = await ask(port, spelling, { method });
        expect({ spelling, method, body }).not.toMatchObject({ body: expect.stringContaining(SECRET) });
        if (path.startsWith('/cdn-cgi')) {
          expect([404, 400], `${method} ${spelling} answered ${status}: ${body}`).toContain(status);
        }
      }
    }
  });

  test('no header changes that', async () => {
    for (const path of walk) {
      for (const headers of claims(path)) {
        for (const asked of ['/variables', path]) {
          const { status, body } = await ask(port, asked, { headers });
          expect({ path, headers, body }).not.toMatchObject({ body: expect.stringContaining(SECRET) });
          if (asked.startsWith('/cdn-cgi'))
            expect([404, 400], JSON.stringify({ path, headers })).toContain(status);
        }
      }
    }
  });

  test('it has no other port', async () => {
    expect(await listeningPorts(edge.pid)).toEqual([port]);
  });

  test('text is compressed for clients that accept it, and nothing else is', async () => {
    const get = (query: string, headers: Record<string, string> = { 'Accept-Encoding': 'gzip, br' }) =>
      ask(port, `/text?${query}`, { headers });
    const whole = (await get('type=text/css', {})).body;
    expect(whole.length).toBe(10_000);
    const compressed = await get('type=text/css');
    expect(compressed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    expect(gunzipSync(Buffer.from(compressed.body, 'latin1')).toString()).toBe(whole);
    for (const [query, headers] of [
      ['type=application/zip'],
      ['type=application/json&Accept-Ranges=bytes'],
      ['type=application/json&Cache-Control=no-transform'],
      ['type=application/json', { 'Accept-Encoding': 'br' }],
      ['type=application/json', { 'Accept-Encoding': 'gzip;q=0' }],
    ] as const) {
      const answer = await get(query, headers);
      expect({ query, ...answer.headers }).not.toHaveProperty('content-encoding');
      expect(answer.body).toBe(whole);
    }
  });

  test('of a site, only text of a known length is compressed: a stream would not arrive until it ends', async () => {
    const get = (query: string) =>
      ask(port, `/text?${query}`, {
        headers: { 'Accept-Encoding': 'gzip', Host: `shop.sites.localhost:${port}` },
      });
    expect((await get('type=text/html')).headers).not.toHaveProperty('content-encoding');
    expect((await get('type=text/html&Content-Length=10000')).headers['content-encoding']).toBe('gzip');
  });

  test('WebSockets are passed through', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/echo`);
    const answer = new Promise((resolve, reject) => {
      socket.onmessage = ({ data }) => resolve(data);
      socket.onerror = reject;
    });
    socket.onopen = () => socket.send('there and back');
    expect(await answer).toBe('there and back');
    socket.close();
  });

  test('an uncaught error shows no stack', async () => {
    const { status, body } = await ask(port, '/throw');
    expect(status).toBe(500);
    expect(body).not.toMatch(/nobody catches|\bat \w|worker\.js/);
  });

  test('a signed S3 request is answered: whole, in ranges, in lists, across origins', async () => {
    const url = await presign('GET', KEY);
    expect(await (await fetch(url)).text()).toBe(SECRET);
    const range = await fetch(url, { headers: { Range: 'bytes=4-8' } });
    expect([range.status, await range.text()]).toEqual([206, 'bytes']);
    expect(range.headers.get('content-range')).toBe(`bytes 4-8/${SECRET.length}`);
    expect((await fetch(await presign('HEAD', KEY), { method: 'HEAD' })).headers.get('content-length')).toBe(
      String(SECRET.length),
    );
    const list = await client.fetch(`${s3Endpoint(port)}/${bucket.name}?list-type=2`);
    expect(await list.text()).toContain(`<Key>${KEY}</Key>`);
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: { Origin: 'https://dashboard.example', 'Access-Control-Request-Method': 'PUT' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  });

  test.each(['shop.sites.localhost', 'SHOP.Sites.LocalHost.', 'sites.localhost', 'a.b.sites.localhost'])(
    'of the host of a site all paths are the Worker’s: %s',
    async (host) => {
      // Signed for this very host.
      const url = new URL(`http://${host}:${port}${CorePaths.R2_S3}${object}`);
      url.searchParams.set('X-Amz-Expires', '60');
      const valid = new URL((await client.sign(url, { aws: { signQuery: true } })).url);
      for (const path of [valid.pathname + valid.search, ...walk]) {
        const { body } = await ask(port, path, { headers: { Host: `${host}:${port}` } });
        expect({ path, body }).toEqual({ path, body: expect.stringContaining('<title>fixture</title>') });
      }
    },
  );

  test('a host that only looks like one is not a site’s', async () => {
    for (const host of ['notsites.localhost', 'sites.localhost.example.com'])
      expect((await ask(port, '/cdn-cgi/trace', { headers: { Host: host } })).body).toContain('not_found');
  });

  test('the public network does not lead to this machine, whatever it is called', async () => {
    const { host } = new URL(publicUrl(port));
    for (const name of [host, `127.0.0.1:${port}`, `[::ffff:127.0.0.1]:${port}`]) {
      const url = `http://${name}/variables`;
      const direct = await ask(port, `/fetch?url=${encodeURIComponent(url)}`);
      if (name === host) expect(direct.body).toContain(SECRET_VARIABLE);
      const guarded = await ask(port, `/public?url=${encodeURIComponent(url)}`);
      expect(guarded.status, guarded.body).toBe(500);
      expect(guarded.body).not.toContain(SECRET_VARIABLE);
    }
  });

  test('an S3 request that is not signed, or signed with another key, is refused', async () => {
    const url = await presign('GET', KEY);
    for (const path of [
      `${CorePaths.R2_S3}${object}`,
      `${CorePaths.R2_S3}/${bucket.name}`,
      CorePaths.R2_S3,
    ]) {
      const { status, body } = await ask(port, path);
      expect(status, body).toBeGreaterThanOrEqual(400);
      expect(body).not.toContain(KEY);
    }
    const other = new AwsClient({ ...bucket, secretAccessKey: 'another', service: 's3', region: 'auto' });
    expect((await other.fetch(`${s3Endpoint(port)}${object}`)).status).toBe(403);
    expect((await fetch(url.replace('source.zip', 'other.zip'))).status).toBe(403);
  });
});
