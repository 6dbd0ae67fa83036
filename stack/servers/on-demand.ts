/**
 * Holds the place of a program that listens on a Unix socket, until somebody connects: an instance without servers of sites
 * does without their process.
 */
import { rename, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';

/** How long a connection waits for the program: one that can't be started would have more and more of them wait. */
const HELD_FOR_MS = 15_000;

export interface HeldSocket {
  /** Resolves with the first connection. */
  readonly asked: Promise<void>;
  /** Passes on the connections until now to the program that listens on the socket from now on. */
  handOver(): void;
  /** Ends those that were not passed on. */
  close(): void;
}

/**
 * Listens on a socket until the program does, which puts its own in this one's place by renaming.
 * @param path absolute, and no longer than a socket's path may be, with an ending of ten characters
 * @param heldForMs how long a connection waits at most, before it is ended, in milliseconds
 */
export async function holdSocket(path: string, heldForMs = HELD_FOR_MS): Promise<HeldSocket> {
  const aside = `${path}.waiting`;
  await rm(aside, { force: true });
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const waiting = new Set<Socket>();
  let isThere = false;
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    // Node accepts one in each turn of its loop: some may have waited for that since before the program was there.
    if (isThere) return join(socket, createConnection({ path, allowHalfOpen: true }));
    waiting.add(socket);
    socket.once('close', () => waiting.delete(socket));
    socket.setTimeout(heldForMs, () => socket.destroy());
    resolve();
  });
  await new Promise<void>((listening, reject) => {
    server.once('error', reject);
    server.listen(aside, listening);
  });
  server.unref();
  // Node removes the name that it has bound when it closes the socket: by then, the other one is the program's.
  await rename(aside, path);
  return {
    asked,
    handOver: () => {
      isThere = true;
      for (const socket of waiting) {
        socket.setTimeout(0);
        join(socket, createConnection({ path, allowHalfOpen: true }));
      }
      waiting.clear();
    },
    close: () => {
      server.close();
      for (const socket of waiting) socket.destroy();
    },
  };
}

/** Passes on what either side sends, until it has sent all, and an end by force. */
function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => to.destroy());
    from.once('close', () => {
      // What has arrived to its end is still being written.
      if (!from.readableEnded) to.destroy();
    });
    from.pipe(to);
  }
}
