/** A debugger attaches to the control plane of `npm run dev`, and a page in a browser of the same machine does not. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../command.ts';
import { freePort } from '../free-port.ts';
import { bundleWorker } from './bundle.ts';
import { publicUrl } from './config.ts';
import { type RunningEdge, startEdge } from './process.ts';

const fixture = join(ROOT, 'stack', 'fixtures', 'worker');
const wranglerConfig = join(fixture, 'wrangler.toml');

let folder: string;
let port: number;
let inspectorPort: number;
let edge: RunningEdge;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-inspector-'));
  const main = await bundleWorker({ wranglerConfig, sources: [fixture], files: [] }, join(folder, 'bundle'));
  port = await freePort();
  inspectorPort = await freePort();
  edge = await startEdge(
    {
      port,
      inspectorPort,
      wranglerConfig,
      main,
      persist: join(folder, 'persisted'),
      bucket: { name: 'fixture', accessKeyId: 'local-key', secretAccessKey: 'local-secret' },
      variables: { PUBLIC_URL: publicUrl(port) },
    },
    { env: process.env, logFile: join(folder, 'edge.log') },
  );
}, 60_000);
afterAll(async () => {
  await edge?.stop(5_000);
  await rm(folder, { recursive: true, force: true });
});

/** The status of an answer: 101 if a debugger has attached to the control plane. */
const attach = (headers: Record<string, string>, path = '/core:user:') =>
  new Promise<number | undefined>((resolve, reject) => {
    const handshake = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
    };
    request({ host: '127.0.0.1', port: inspectorPort, path, headers: { ...handshake, ...headers } })
      .once('upgrade', ({ statusCode }, socket) => {
        socket.destroy();
        resolve(statusCode);
      })
      .once('response', ({ statusCode }) => resolve(statusCode))
      .once('error', reject)
      .end();
  });

test('attaches to the control plane', async () => {
  expect(await attach({ Origin: 'devtools://devtools' })).toBe(101);
  const list = await (await fetch(`http://127.0.0.1:${inspectorPort}/json/list`)).json();
  expect(list).toContainEqual(
    expect.objectContaining({ webSocketDebuggerUrl: `ws://127.0.0.1:${inspectorPort}/core:user:` }),
  );
  const socket = new WebSocket(`ws://localhost:${inspectorPort}/core:user:`);
  await once(socket, 'open');
  const answers: unknown[] = [];
  socket.addEventListener('message', ({ data }) => answers.push(JSON.parse(String(data))));
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.enable' }));
  await expect.poll(() => answers).toContainEqual({ id: 1, result: {} });
  socket.close();
});

test.each<[string, Record<string, string>]>([
  ['a page', { Origin: 'https://page.example' }],
  ['a page of this machine', { Origin: 'http://localhost:8787' }],
  ['a page in a frame without an origin', { Origin: 'null' }],
  ['a page whose name resolves to 127.0.0.1', { Host: 'page.example' }],
  ['the same with a port', { Host: 'page.example:9229', Origin: 'devtools://devtools' }],
])('is not %s', async (_, headers) => {
  expect(await attach(headers)).toBe(403);
  expect(await attach(headers, '/')).toBe(403);
});

test('is not a page that reads what it could attach to', async () => {
  const answer = await new Promise<number | undefined>((resolve) => {
    request({
      host: '127.0.0.1',
      port: inspectorPort,
      path: '/json',
      headers: { Host: 'page.example' },
    })
      .once('response', ({ statusCode }) => resolve(statusCode))
      .end();
  });
  expect(answer).toBe(403);
});

test('finds the control plane again after that has crashed', async () => {
  const [runtime] = (await readFile(`/proc/${edge.pid}/task/${edge.pid}/children`, 'utf8')).trim().split(' ');
  process.kill(Number(runtime), 'SIGKILL');
  await expect
    .poll(
      () =>
        fetch(`${publicUrl(port)}/variables`).then(
          ({ ok }) => ok,
          () => false,
        ),
      { timeout: 10_000 },
    )
    .toBe(true);
  expect(await attach({})).toBe(101);
});
