import { expect, test } from 'vitest';
import type { ConnectionState } from '#lib/offline/connection.svelte.ts';
import { pauseOnline } from './pause-online.ts';

/** A connection that a test changes. */
function fakeConnection(state: ConnectionState) {
  const returned = new Set<() => void>();
  const connection = {
    state,
    listeners: returned,
    onReturn: (callback: () => void) => {
      returned.add(callback);
      return () => void returned.delete(callback);
    },
    comeBack: () => {
      connection.state = 'online';
      for (const callback of returned) callback();
    },
  };
  return connection;
}

test('with a connection, it is a pause', async () => {
  await pauseOnline(fakeConnection('online'))(1);
});

test.each(['offline', 'unreachable'] as const)(
  'while the server is %s, it waits until that is over',
  async (state) => {
    const connection = fakeConnection(state);
    let over = false;
    const paused = pauseOnline(connection)(1).then(() => {
      over = true;
    });
    await expect.poll(() => connection.listeners.size).toBe(1);
    expect(over).toBe(false);
    connection.comeBack();
    await paused;
    expect(connection.listeners.size).toBe(0);
  },
);

test('it ends when the upload is canceled', async () => {
  const connection = fakeConnection('offline');
  const canceled = new AbortController();
  const paused = pauseOnline(connection)(1, canceled.signal);
  await expect.poll(() => connection.listeners.size).toBe(1);
  canceled.abort(new Error('canceled'));
  await expect(paused).rejects.toThrow('canceled');
  expect(connection.listeners.size).toBe(0);
});
