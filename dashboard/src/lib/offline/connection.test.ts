import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Connection } from './connection.svelte.ts';
import { probePause } from './probe-pause.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A connection whose network, server and visibility a test changes. */
function fake() {
  const world = { network: true, status: 200 as number | null, visible: true, asked: [] as string[] };
  let changed: () => void = () => undefined;
  const connection = new Connection({
    fetch: async (input) => {
      world.asked.push(String(input));
      if (!world.network || world.status === null) throw new TypeError('Failed to fetch');
      return new Response(null, { status: world.status });
    },
    hasNetwork: () => world.network,
    visible: () => world.visible,
    onChange: (callback) => {
      changed = callback;
    },
  });
  let returns = 0;
  connection.onReturn(() => {
    returns += 1;
  });
  return {
    connection,
    world,
    returns: () => returns,
    set: (over: Partial<typeof world>) => {
      Object.assign(world, over);
      changed();
    },
    call: () => connection.fetch('/api/apps').catch(() => null),
  };
}

describe('a connection', () => {
  test('that is lost and comes back says since when, asks by itself, and calls back once', async () => {
    const { connection, world, set, returns, call } = fake();
    vi.setSystemTime('2026-11-30T08:00:00Z');
    await call();
    expect([connection.state, connection.lastReachedAt]).toEqual(['online', null]);
    vi.setSystemTime('2026-11-30T08:05:00Z');
    set({ network: false });
    expect([connection.state, connection.lastReachedAt]).toEqual(['offline', '2026-11-30T08:00:00.000Z']);
    set({ network: true });
    await vi.advanceTimersByTimeAsync(0);
    expect([connection.state, returns()]).toEqual(['online', 1]);
    expect(world.asked.at(-1)).toBe('/api/config');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(returns()).toBe(1);
  });

  test('to a server that is away is tried again, less and less often', async () => {
    const { connection, world, returns, call } = fake();
    world.status = null;
    await call();
    expect(connection.state).toBe('unreachable');
    await vi.advanceTimersByTimeAsync(60_000);
    const inFirstMinute = world.asked.length;
    expect(inFirstMinute).toBeGreaterThan(3);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(world.asked.length - inFirstMinute).toBeLessThanOrEqual(4);
    expect(world.asked.length - inFirstMinute).toBeGreaterThan(0);
    world.status = 401;
    await vi.advanceTimersByTimeAsync(31_000);
    expect([connection.state, returns()]).toEqual(['online', 1]);
  });

  test.each([
    [502, 'unreachable'],
    [504, 'unreachable'],
    [500, 'online'],
    [503, 'online'],
    [404, 'online'],
  ] as const)('a response with %i means %s', async (status, state) => {
    const { connection, world, call } = fake();
    world.status = status;
    await call();
    expect(connection.state).toBe(state);
  });

  test('is not judged by a request that the page stopped', async () => {
    const { connection, world } = fake();
    world.status = null;
    await connection.fetch('/api/apps', { signal: AbortSignal.abort() }).catch(() => null);
    expect(connection.state).toBe('online');
  });

  test('is not tried by a hidden page until it is visible', async () => {
    const { connection, world, set, call } = fake();
    world.status = null;
    await call();
    const before = world.asked.length;
    set({ visible: false });
    await vi.advanceTimersByTimeAsync(600_000);
    expect(world.asked.length).toBe(before);
    set({ visible: true, status: 200 });
    await vi.advanceTimersByTimeAsync(0);
    expect(connection.state).toBe('online');
  });

  test('any other request that succeeds brings it back', async () => {
    const { connection, world, returns, call } = fake();
    world.status = null;
    await call();
    world.status = 200;
    await call();
    expect([connection.state, returns()]).toEqual(['online', 1]);
  });
});

test('the pause doubles up to a limit, and is spread', () => {
  expect([0, 1, 2, 3].map((failures) => probePause(failures, 1))).toEqual([1000, 2000, 4000, 8000]);
  expect(probePause(50, 1)).toBe(30_000);
  expect(probePause(50, 0)).toBe(15_000);
});
