/** How a runner of a large pool comes back when the edge drops all connections. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { Capacity } from './capacity.ts';
import { PoolConnection } from './pool-connection.ts';
import { LOCAL_SOCKET_TIMING, SOCKET_TIMING, type SocketTiming } from './reconnecting-socket.ts';

const warn = vi.fn();
const journal = { info: () => undefined, warn, error: () => undefined };
let server: WebSocketServer;
let port: number;
let pool: PoolConnection;

beforeEach(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
  pool = connection(SOCKET_TIMING);
});
afterEach(() => {
  vi.restoreAllMocks();
  warn.mockReset();
  pool.close();
  server.close();
});

/** A connection that was not started; without `timing`, with what it chooses itself. */
function connection(timing?: SocketTiming): PoolConnection {
  const registered = { name: 'one', labels: [], slots: 1 };
  return new PoolConnection({
    url: new URL(`http://127.0.0.1:${port}`),
    credential: 'afr_test',
    version: '1.0.0',
    capacity: new Capacity({ settings: {}, registered, journal }),
    executor: 'docker',
    running: () => [],
    onGrant: () => undefined,
    onRevoked: () => undefined,
    journal,
    ...(timing === undefined ? {} : { timing }),
  });
}

const WELCOME = { type: 'welcome', runnerId: 'f'.repeat(24), name: 'one', draining: false };

/** Welcomes the runner, breaks its connection off, and gives the wait until it connects again. */
async function waitAfter(welcome: object): Promise<number> {
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const connecting = once(server, 'connection');
  pool.start();
  const [socket] = await connecting;
  socket.send(JSON.stringify({ ...WELCOME, ...welcome }));
  // Its hello has come, so the welcome was sent before anything that follows.
  await once(socket, 'message');
  socket.send(JSON.stringify({ type: 'drain', draining: false }));
  const timers = vi.spyOn(globalThis, 'setTimeout');
  const waits = () =>
    timers.mock.calls.flatMap(([work, ms]) => (String(work).includes('#connect') ? [Number(ms)] : []));
  socket.close(1012, 'restarting');
  await expect.poll(waits).toHaveLength(1);
  return waits()[0] ?? Number.NaN;
}

test('it waits for a random part of the time that the edge has named', async () => {
  expect(await waitAfter({ returnWithinMs: 40_000 })).toBe(20_000);
});

test('of a small pool, and of an edge of an earlier version, it comes back within half a second', async () => {
  expect(await waitAfter({})).toBe(250);
});

test('to an instance on the same machine, which is restarted in seconds, it comes back sooner', async () => {
  pool = connection();
  expect(await waitAfter({})).toBe(50);
  expect(LOCAL_SOCKET_TIMING.backoff.capMs).toBe(500);
});

test('while nothing listens it tries again and again, and reports that once', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const timers = vi.spyOn(globalThis, 'setTimeout');
  const tries = () => timers.mock.calls.filter(([work]) => String(work).includes('#connect')).length;
  server.close();
  await once(server, 'close');
  pool.start();
  await expect.poll(tries).toBeGreaterThan(3);
  expect(warn).toHaveBeenCalledTimes(1);

  // One that was there and is gone is another loss.
  server = new WebSocketServer({ host: '127.0.0.1', port });
  const [socket] = await once(server, 'connection');
  socket.send(JSON.stringify(WELCOME));
  await once(socket, 'message');
  socket.close(1012, 'restarting');
  await expect.poll(() => warn.mock.calls.length).toBe(2);
});
