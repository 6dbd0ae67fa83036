/** What a site's server reaches outside of the instance: real connections to listeners of this machine, which the operator allows. */
import { createServer as createHttp, type Server, request as send } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type SitePublisher, sitePublisher } from '../sites/publisher.ts';
import { hostileModule, visit } from './hostile.ts';

let edge: EdgeInstance;
let site: SitePublisher;
/** Answers requests, and holds those for /held until `letGo`. */
let web: Server;
let webPort: number;
const held: (() => void)[] = [];
const received: { url: string; headers: Record<string, unknown> }[] = [];
const echo = createServer((socket: Socket) => {
  socket.on('error', () => undefined);
  socket.on('data', (data) => socket.end(`echo ${data}`));
});
let echoPort: number;

const listen = async (server: {
  listen(port: number, host: string, then: () => void): unknown;
  address(): unknown;
}) => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

beforeAll(async () => {
  web = createHttp((request, response) => {
    received.push({ url: request.url ?? '', headers: request.headers });
    if (request.url === '/held') held.push(() => response.end('let go'));
    else if (request.url === '/elsewhere')
      response.writeHead(302, { Location: `http://127.0.0.2:${webPort}/` }).end();
    else response.end(`answer to ${request.url}`);
  });
  [webPort, echoPort] = await Promise.all([listen(web), listen(echo)]);
  edge = await startInstance({ variables: { APPFLUX_ALLOW_PRIVATE_TARGETS: '1' } });
  site = await sitePublisher(edge, 'egress');
  await site.publishServer(await hostileModule());
});
afterAll(async () => {
  await edge?.stop();
  web?.closeAllConnections();
  web?.close();
  echo.close();
});

async function outcome(path: string, q: string): Promise<unknown> {
  const { status, text } = await visit(edge, site.slug, `/${path}?q=${encodeURIComponent(q)}`);
  expect(status, text).toBe(200);
  return JSON.parse(text);
}

test('a request arrives with its headers, and says who passed it on', async () => {
  expect(await outcome('fetch', `http://127.0.0.1:${webPort}/page`)).toEqual({
    got: { status: 200, text: 'answer to /page' },
  });
  const { headers } = received.at(-1) ?? { headers: {} };
  expect(headers).toMatchObject({ host: `127.0.0.1:${webPort}`, via: '1.1 appflux' });
  expect(Object.keys(headers).filter((name) => /^(?:x-appflux|mf-|cf-)/.test(name))).toEqual([]);
});

test('a TCP connection carries bytes in both directions', async () => {
  expect(await outcome('socket', `127.0.0.1:${echoPort}`)).toMatchObject({ got: /^echo GET \/ HTTP\/1\.0/ });
});

test('a place is free again when an answer has ended', async () => {
  const before = held.length;
  const many = outcome('many', `http://127.0.0.1:${webPort}/held`);
  // Of 300 requests, 100 come through and wait; the others are refused.
  await expect.poll(() => held.length - before).toBe(100);
  for (const letGo of held) letGo();
  expect(await many).toEqual({ got: { 200: 100, 429: 200 } });
  expect(await outcome('fetch', `http://127.0.0.1:${webPort}/after`)).toMatchObject({ got: { status: 200 } });
});

test('a place is free again when a visitor has left before the answer began', async () => {
  const before = held.length;
  const { port } = new URL(edge.url);
  const left = send({
    host: '127.0.0.1',
    port,
    path: `/many?q=${encodeURIComponent(`http://127.0.0.1:${webPort}/held`)}`,
    headers: { Host: `${site.slug}.sites.localhost:${port}` },
    agent: false,
  });
  left.on('error', () => undefined);
  left.end();
  await expect.poll(() => held.length - before).toBe(100);
  left.destroy();
  for (const letGo of held) letGo();
  await expect
    .poll(() => outcome('fetch', `http://127.0.0.1:${webPort}/after`))
    .toMatchObject({ got: { status: 200 } });
});

test('the instance itself is refused also where private addresses are allowed', async () => {
  for (const url of [edge.url, `http://egress.sites.localhost:${new URL(edge.url).port}/`])
    expect(await outcome('fetch', url)).toMatchObject({
      got: { status: 403, text: /host of this instance/ },
    });
});

test('an app’s list lets nothing else through, also not by a redirect', async () => {
  const client = new Client(edge);
  await client.api.apps.update(site.slug, { server: { allowHosts: [`127.0.0.1:${webPort}`] } });
  const blocked = () => outcome('socket', `127.0.0.1:${echoPort}`);
  await expect.poll(blocked).not.toMatchObject({ got: /^echo/ });
  expect(await outcome('fetch', `http://127.0.0.1:${webPort}/page`)).toMatchObject({ got: { status: 200 } });
  expect(await outcome('fetch', `http://127.0.0.2:${webPort}/`)).toMatchObject({ got: { status: 403 } });
  expect(await outcome('redirect', `http://127.0.0.1:${webPort}/elsewhere`)).toMatchObject({
    got: { status: 403, text: /127\.0\.0\.2 is not among the hosts that the app allows/ },
  });
});
