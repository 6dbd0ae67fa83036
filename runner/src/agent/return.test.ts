/** How a runner of a large pool comes back when the edge drops all connections. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { Capacity } from './capacity.ts';
import { PoolConnection } from './pool-connection.ts';

const journal = { info: () => undefined, warn: () => undefined, error: () => undefined };
let server: WebSocketServer;
let pool: PoolConnection;

beforeEach(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const registered = { name: 'one', labels: [], slots: 1 };
  pool = new PoolConnection({
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    credential: 'afr_test',
    version: '1.0.0',
    capacity: new Capacity({ settings: {}, registered, journal }),
    executor: 'docker',
    running: () => [],
    onGrant: () => undefined,
    onRevoked: () => undefined,
    journal,
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  pool.close();
  server.close();
});

/** Welcomes the runner, breaks its connection off, and gives the wait until it connects again. */
async function waitAfter(welcome: object): Promise<number> {
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const connecting = once(server, 'connection');
  pool.start();
  const [socket] = await connecting;
  const frame = { type: 'welcome', runnerId: 'f'.repeat(24), name: 'one', draining: false, ...welcome };
  socket.send(JSON.stringify(frame));
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
