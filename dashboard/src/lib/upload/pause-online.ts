import type { Connection } from '#lib/offline/connection.svelte.ts';
import { pause } from '#lib/time/pause.ts';

const NEVER = new AbortController().signal;

/**
 * A pause between two tries to send something: resolves after so many milliseconds, and not before there is a connection.
 * Rejects with the signal's reason when it aborts.
 */
export const pauseOnline =
  (connection: Pick<Connection, 'state' | 'onReturn'>) =>
  async (milliseconds: number, signal: AbortSignal | null = NEVER): Promise<void> => {
    // Offline, nothing is gained by a pause before the return.
    if (connection.state === 'online') await pause(milliseconds, signal ?? NEVER);
    if (connection.state === 'online') return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stop = connection.onReturn(resolve);
    const abort = () => reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await promise;
    } finally {
      stop();
      signal?.removeEventListener('abort', abort);
    }
  };
