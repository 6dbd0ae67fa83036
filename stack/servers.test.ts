/** The process that runs the servers of sites, with a small host Worker, reached through a control plane. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from './command.ts';
import { bundleWorker } from './edge/bundle.ts';
import { publicUrl } from './edge/config.ts';
import { type RunningEdge, startEdge } from './edge/process.ts';
import type { ServersRun } from './servers/config.ts';
import { readHostWorker } from './servers/workerd-config.ts';

const MIB = 1024 ** 2;
/** Of the bodies that pass. */
const SIZE = 512 * MIB;
const worker = join(ROOT, 'stack', 'fixtures', 'worker');
const servers = join(ROOT, 'stack', 'fixtures', 'servers');

let folder: string;
let port: number;
let edge: RunningEdge;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-servers-'));
  const bundled = (part: string) =>
    bundleWorker(
      { wranglerConfig: join(part, 'wrangler.toml'), sources: [part], files: [] },
      join(folder, `bundle-${part.endsWith('servers') ? 'servers' : 'worker'}`),
    );
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  port = (probe.address() as { port: number }).port;
  probe.close();
  const [main, host] = [await bundled(worker), await bundled(servers)];
  edge = await startEdge(
    {
      port,
      wranglerConfig: join(worker, 'wrangler.toml'),
      main,
      persist: join(folder, 'edge'),
      bucket: { name: 'fixture', accessKeyId: 'local-key', secretAccessKey: 'local-secret' },
      variables: {},
      servers: {
        wranglerConfig: join(servers, 'wrangler.toml'),
        main: host,
        persist: join(folder, 'servers'),
        sockets: join(folder, 'run'),
        logFile: join(folder, 'servers.log'),
        memoryBytes: 600 * MIB,
      },
    },
    { env: process.env, logFile: join(folder, 'edge.log') },
  );
});

afterAll(async () => {
  await edge?.stop(5_000);
  await rm(folder, { recursive: true, force: true });
});

const through = (path: string, init?: RequestInit) => fetch(`${publicUrl(port)}/servers${path}`, init);
const text = async (path: string, init?: RequestInit) => (await through(path, init)).text();

/** Sends a request by Node's own client, which is faster than fetch for bodies. */
async function sent(options: RequestOptions, body?: Readable): Promise<IncomingMessage> {
  const asked = request({ host: 'localhost', port, ...options });
  if (body === undefined) asked.end();
  else body.pipe(asked);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer;
}

/** Which process runs; the one after run `after`, once it is up. */
async function runOf(after?: number): Promise<ServersRun> {
  const answer = await fetch(`${publicUrl(port)}/process${after === undefined ? '' : `?after=${after}`}`);
  return (await answer.json()) as ServersRun;
}

/** Sends a request that ends the process, waits for the next one, and says how it ended. */
async function endingOf(path: string) {
  const { run } = await runOf();
  const ended = through(path).then(
    ({ status }) => status,
    () => 500,
  );
  await expect.poll(() => runOf(run).then(({ previous }) => previous?.run ?? 0)).toBe(run);
  const after = await runOf(run);
  return { status: await ended, ...after };
}

test('the process is not there until it is needed, and its first requests wait for it', async () => {
  expect(await runOf()).toMatchObject({ run: 0, isUp: false });
  expect(await childrenOf(edge.pid, isHost)).toEqual([]);
  const posts = Array.from({ length: 20 }, async (_, index) => {
    const answer = await through('/control', { method: 'POST', body: `${index}` });
    return ((await answer.json()) as { body: string }).body;
  });
  expect(await Promise.all(posts)).toEqual(Array.from({ length: 20 }, (_, index) => `${index}`));
  expect(await runOf()).toMatchObject({ run: 1, isUp: true, previous: null });
  expect(await childrenOf(edge.pid, isHost)).toHaveLength(1);
});

test('control plane and host reach each other; bindings are those of the configuration', async () => {
  expect(await text('/greeting')).toBe('with "quotes" and a \\ backslash');
  expect(await text('/site/')).toBe('from a loaded Worker');
  const answer = await through('/control', { method: 'POST', body: 'hello' });
  expect(await answer.json()).toEqual({ path: '/hello', body: 'hello' });
});

test('the sockets are for this user only', async () => {
  expect((await stat(join(folder, 'run'))).mode & 0o777).toBe(0o700);
});

test('the network of the host is the public one', async () => {
  const answer = await through(`/fetch?url=${encodeURIComponent(publicUrl(port))}/variables`);
  expect(await answer.text()).not.toContain('publicUrl');
  expect(answer.status).toBe(502);
});

test('a WebSocket passes both sockets', async () => {
  const socket = new WebSocket(`${publicUrl(port).replace('http', 'ws')}/servers/site/echo`);
  await once(socket, 'open');
  const answered = once(socket, 'message') as Promise<[MessageEvent]>;
  socket.send('hello');
  expect((await answered)[0].data).toBe('echo hello');
  socket.close();
});

test('a response arrives while it is written', async () => {
  const { body } = await through('/site/parts');
  const parts: string[] = [];
  for await (const part of body as unknown as AsyncIterable<Uint8Array>)
    parts.push(Buffer.from(part).toString());
  expect(parts).toEqual(['one ', 'two ']);
});

test('half a gigabyte passes in each direction without being held', async () => {
  const before = await memoryOf();
  const download = await sent({ path: `/servers/site/big?bytes=${SIZE}` });
  let bytes = 0;
  for await (const chunk of download) bytes += (chunk as Buffer).length;
  expect(bytes).toBe(SIZE);
  const chunk = Buffer.alloc(1 << 20);
  const source = Readable.from(Array.from({ length: SIZE / chunk.length }, () => chunk));
  const upload = await sent({ path: '/servers/site/sink', method: 'POST' }, source);
  expect(String((await upload.toArray())[0])).toBe(String(SIZE));
  expect((await memoryOf()) - before).toBeLessThan(SIZE / 2);
});

test('state of sites outlives the process', async () => {
  const { visits } = (await (await through('/state')).json()) as { visits: number };
  const { run } = await runOf();
  process.kill(await pidOf(), 'SIGKILL');
  expect((await runOf(run)).previous).toMatchObject({ run, reason: 'crash' });
  expect(await (await through('/state')).json()).toEqual({ visits: visits + 1 });
});

test('a control plane that comes back after a crash reaches the same servers', async () => {
  const { run } = await runOf();
  const [child] = await childrenOf(edge.pid, (command) => command.includes('control-plane.capnp'));
  process.kill(child ?? 0, 'SIGKILL');
  await expect.poll(() => text('/greeting').catch(() => '')).toContain('quotes');
  expect((await runOf()).run).toBe(run);
  const answer = await through('/control', { method: 'POST', body: 'again' });
  expect(await answer.json()).toMatchObject({ body: 'again' });
});

test('a script that loops is ended; the control plane answers meanwhile', async () => {
  const { run } = await runOf();
  const looping = through('/site/spin').catch(() => null);
  let answers = 0;
  while ((await runOf()).run === run) {
    expect((await fetch(`${publicUrl(port)}/variables`)).status).toBe(200);
    answers += 1;
  }
  await looping;
  expect(answers).toBeGreaterThan(10);
  expect((await runOf(run)).previous).toMatchObject({ run, reason: 'unresponsive' });
  expect(await text('/site/')).toBe('from a loaded Worker');
});

test('who waits for an answer of the process gets one, or that of the next', async () => {
  const ask = async (run: number) =>
    (await (await fetch(`${publicUrl(port)}/process?after=${run}&or=answers`)).json()) as ServersRun;
  const { run } = await runOf();
  expect(await ask(run)).toMatchObject({ run });
  await text('/site/later');
  await sleep(200);
  expect(await ask(run)).toMatchObject({ run: run + 1, previous: { run, reason: 'unresponsive' } });
});

test('what servers print is not in the log of the process', async () => {
  expect(await text('/site/print')).toBe('printed');
  expect(await readFile(join(folder, 'servers.log'), 'utf8')).not.toContain('a line of a site');
});

test('a script that fills memory is ended', async () => {
  // V8 ends the process at its limit, unless collecting in vain has been found to be a loop before.
  const { previous } = await endingOf('/site/heap');
  expect(['crash', 'unresponsive']).toContain(previous?.reason);
  expect(await endingOf('/site/bytes')).toMatchObject({ previous: { reason: 'memory' } });
});

test('a request that takes long, and many that compute, end nothing', async () => {
  const { run } = await runOf();
  const slow = text('/site/slow?ms=4000');
  // Each takes 100 to 200 ms here, and all of them far more than a loop may last. How many turns that is depends on how busy
  // the machine is, and on what V8 has compiled: a guess could be a loop of two seconds.
  let turns = 50_000;
  for (let took = 0; took < 100; ) {
    turns *= 2;
    const from = performance.now();
    await text(`/site/work?turns=${turns}`);
    took = performance.now() - from;
  }
  const work = Array.from({ length: 30 }, () => text(`/site/work?turns=${turns}`));
  expect(await slow).toBe('slow');
  expect(new Set(await Promise.all(work)).size).toBe(1);
  expect((await runOf()).run).toBe(run);
});

test('a binding that the host cannot have is refused by name', () => {
  expect(() => readHostWorker(join(worker, 'wrangler.toml'))).toThrow(/d1_databases/);
});

test('the process ends with the edge process, however that ends', async () => {
  const pid = await pidOf();
  process.kill(edge.pid, 'SIGKILL');
  await edge.ended;
  await expect.poll(() => stat(`/proc/${pid}`).catch(() => null)).toBeNull();
});

const isHost = (command: string) => command.includes('workerd.capnp');

async function pidOf(): Promise<number> {
  const [pid] = await childrenOf(edge.pid, isHost);
  if (pid === undefined) throw new Error('the process does not run');
  return pid;
}

async function childrenOf(pid: number, is: (command: string) => boolean): Promise<number[]> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ');
  const found = await Promise.all(
    children.map(async (child) => ({ child, command: await readFile(`/proc/${child}/cmdline`, 'utf8') })),
  );
  return found.filter(({ command }) => is(command)).map(({ child }) => Number(child));
}

async function memoryOf(): Promise<number> {
  const status = await readFile(`/proc/${await pidOf()}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
