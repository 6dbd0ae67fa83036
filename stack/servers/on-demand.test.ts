/** Connections to a program that is started by the first of them. */
import { once } from 'node:events';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type HeldSocket, holdSocket } from './on-demand.ts';

let folder: string;
let path: string;
let cleanup: AsyncDisposableStack;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-held-'));
  path = join(folder, 'a.sock');
  cleanup = new AsyncDisposableStack();
});
afterEach(async () => {
  await cleanup.disposeAsync();
  await rm(folder, { recursive: true });
});

async function hold(heldForMs?: number): Promise<HeldSocket> {
  const held = await holdSocket(path, heldForMs);
  cleanup.defer(() => held.close());
  return held;
}

/** The program: listens elsewhere, and puts its socket in the place of the held one. */
async function begin(onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, onConnection);
  await new Promise<void>((listening) => server.listen(`${path}.starting`, listening));
  cleanup.defer(() => void server.close());
  await rename(`${path}.starting`, path);
  return server;
}

const ending = (socket: Socket) =>
  new Promise<void>((resolve) => {
    // One that was never accepted is reset.
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
  });

test('many connections before the program is there reach it, with what they have sent', async () => {
  const held = await hold();
  const clients = Array.from({ length: 300 }, (_, index) => {
    const socket = createConnection(path);
    socket.end(`${index}`);
    return socket.toArray().then((chunks) => Buffer.concat(chunks).toString());
  });
  await held.asked;
  await begin((socket) => socket.pipe(socket));
  held.handOver();
  expect(await Promise.all(clients)).toEqual(Array.from({ length: 300 }, (_, index) => `${index}`));
});

test('all that the program has sent arrives, also where it has ended before it was read', async () => {
  const held = await hold();
  const client = createConnection(path);
  client.write('x');
  await held.asked;
  const size = 4 << 20;
  const sent = new Promise<void>((resolve) => {
    void begin((socket) => {
      socket.end(Buffer.alloc(size), resolve);
    }).then(() => held.handOver());
  });
  client.pause();
  const chunks: Buffer[] = [];
  for await (const chunk of client) {
    chunks.push(chunk as Buffer);
    // Slower than the program writes.
    await sleep(1);
  }
  await sent;
  expect(Buffer.concat(chunks).length).toBe(size);
});

test('a connection does not wait for longer than a program may take', { timeout: 10_000 }, async () => {
  const held = await hold(200);
  const early = createConnection(path);
  await held.asked;
  await ending(early);
  // One that comes when the program is there at last is passed on, and then has all the time.
  const late = createConnection(path);
  await once(late, 'connect');
  await begin((socket) => socket.once('data', (chunk) => setTimeout(() => socket.end(chunk), 600)));
  late.write('late');
  held.handOver();
  expect(Buffer.concat(await late.toArray()).toString()).toBe('late');
});

test('a client that goes away meanwhile, and the end, leave nothing open', async () => {
  const held = await hold();
  const [gone, waiting] = [createConnection(path), createConnection(path)];
  await Promise.all([once(gone, 'connect'), once(waiting, 'connect')]);
  gone.destroy();
  held.close();
  await ending(waiting);
  const later = createConnection(path);
  expect(((await once(later, 'error')) as [NodeJS.ErrnoException])[0].code).toBe('ECONNREFUSED');
});
