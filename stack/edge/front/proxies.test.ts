/** What a proxy says counts when the operator trusts it, and changes nothing otherwise: at a running edge process. */
import { mkdtemp, rm } from 'node:fs/promises';
import { type RequestOptions, request as send } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AwsClient } from 'aws4fetch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { ROOT } from '../../command.ts';
import { freePort } from '../../free-port.ts';
import { bundleWorker } from '../bundle.ts';
import { s3EndpointAt } from '../config.ts';
import { type RunningEdge, startEdge } from '../process.ts';

const fixture = join(ROOT, 'stack', 'fixtures', 'worker');
const wranglerConfig = join(fixture, 'wrangler.toml');
const bucket = { name: 'fixture-0f1e2d3c', accessKeyId: 'local-key', secretAccessKey: 'local-secret' };
const PUBLIC_URL = 'https://flux.example.com';

/** The address that requests of the trusted proxy come from. */
const PROXY = '127.0.0.2';

let folder: string;
let port: number;
let proxySocket: string;
let edge: RunningEdge;
let start: () => Promise<RunningEdge>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-proxies-'));
  port = await freePort();
  proxySocket = join(folder, 'proxy.sock');
  const main = await bundleWorker({ wranglerConfig, sources: [fixture], files: [] }, join(folder, 'bundle'));
  const config = {
    port,
    wranglerConfig,
    main,
    persist: join(folder, 'persisted'),
    bucket,
    variables: { PUBLIC_URL },
    trustedProxies: [PROXY, '10.0.0.0/8'],
    proxySocket,
  };
  start = () => startEdge(config, { env: process.env, logFile: join(folder, 'edge.log') });
  edge = await start();
}, 60_000);

afterAll(async () => {
  await edge.stop(5_000);
  await rm(folder, { recursive: true, force: true });
});

/** What a request is sent with. */
type Sent = Pick<RequestOptions, 'path' | 'method' | 'headers' | 'localAddress' | 'socketPath'>;

function ask({ socketPath, ...options }: Sent): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const where = socketPath === undefined ? { host: '127.0.0.1', port } : { socketPath };
    const request = send({ ...where, ...options, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.on('error', reject).end();
  });
}

const Seen = z.object({ url: z.string(), headers: z.record(z.string(), z.string()) });
const seen = async (sent: Omit<Sent, 'path'>) =>
  Seen.parse(JSON.parse((await ask({ path: '/request?x=1', ...sent })).body));

const CLAIMS = {
  'x-forwarded-for': '203.0.113.7',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'flux.example.com',
  'x-forwarded-port': '443',
  'x-real-ip': '203.0.113.7',
  'cf-connecting-ip': '203.0.113.7',
  forwarded: 'for=203.0.113.7;proto=https',
  'x-appflux-client-address': '203.0.113.7',
};

test('a peer that is not trusted changes nothing by what it claims', async () => {
  const plain = await seen({});
  expect(plain.url).toBe(`http://127.0.0.1:${port}/request?x=1`);
  expect(await seen({ headers: CLAIMS })).toEqual(plain);
  for (const [name, value] of Object.entries(CLAIMS)) {
    expect(await seen({ headers: { [name.toUpperCase()]: value } }), name).toEqual(plain);
    expect(await seen({ headers: { [name]: ['127.0.0.2', value, PROXY] } }), name).toEqual(plain);
  }
  expect(await seen({ headers: { ...CLAIMS, 'x-forwarded-for': PROXY }, localAddress: '127.0.0.3' })).toEqual(
    plain,
  );
});

test('a trusted proxy says who asked, how, and for which host', async () => {
  const { url, headers } = await seen({ headers: CLAIMS, localAddress: PROXY });
  expect(url).toBe('https://flux.example.com/request?x=1');
  expect(headers).toMatchObject({ 'x-appflux-client-address': '203.0.113.7', host: 'flux.example.com' });
  for (const name of Object.keys(CLAIMS).filter((name) => name !== 'x-appflux-client-address'))
    expect(headers).not.toHaveProperty(name);
});

test('a client behind a trusted proxy cannot say that it is another', async () => {
  const headers = { ...CLAIMS, 'x-forwarded-for': '198.51.100.1, 203.0.113.7, 10.1.1.1' };
  expect((await seen({ headers, localAddress: PROXY })).headers).toMatchObject({
    'x-appflux-client-address': '203.0.113.7',
  });
  const { headers: none } = await seen({
    headers: { 'x-appflux-client-address': '203.0.113.7' },
    localAddress: PROXY,
  });
  expect(none).not.toHaveProperty('x-appflux-client-address');
});

test('our own proxy is trusted, by its socket', async () => {
  const { url, headers } = await seen({ headers: { ...CLAIMS, host: 'other' }, socketPath: proxySocket });
  expect(url).toBe('https://flux.example.com/request?x=1');
  expect(headers).toMatchObject({ 'x-appflux-client-address': '203.0.113.7' });
});

test('what is signed for the public address holds behind a proxy that changes the Host, if it is trusted', async () => {
  const client = new AwsClient({ ...bucket, service: 's3', region: 'auto' });
  const url = new URL(`${s3EndpointAt(PUBLIC_URL)}/${bucket.name}/nothing`);
  url.searchParams.set('X-Amz-Expires', '60');
  const signed = new URL((await client.sign(url, { method: 'GET', aws: { signQuery: true } })).url);
  const path = signed.pathname + signed.search;
  const forwarded = { path, headers: { ...CLAIMS, host: 'localhost' } };
  expect((await ask({ ...forwarded, localAddress: PROXY })).status).toBe(404);
  expect((await ask({ ...forwarded, socketPath: proxySocket })).status).toBe(404);
  expect((await ask(forwarded)).status).toBe(403);
  // A proxy that leaves the Host as it was needs no header.
  expect((await ask({ path, headers: { host: 'flux.example.com' } })).status).toBe(404);
});

test('the socket of an edge that was killed is replaced', { timeout: 60_000 }, async () => {
  await edge.stop(0);
  edge = await start();
  expect((await seen({ socketPath: proxySocket, headers: CLAIMS })).url).toMatch(/^https:/);
});
