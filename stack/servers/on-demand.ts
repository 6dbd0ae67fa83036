/**
 * Holds the place of a program that listens on a Unix socket, until somebody connects: an instance without servers of sites
 * does without their process.
 */
import { rename, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';

export interface HeldSocket {
  /** Resolves with the first connection. */
  readonly asked: Promise<void>;
  /** Passes on the connections until now to the program that listens on the socket from now on. */
  handOver(): void;
  /** Ends those that were not passed on: nothing will listen there. */
  close(): void;
}

/**
 * Listens on a socket until the program does, which puts its own in this one's place by renaming.
 * @param path absolute, and no longer than a socket's path may be, with an ending of ten characters
 */
export async function holdSocket(path: string): Promise<HeldSocket> {
  const aside = `${path}.waiting`;
  await rm(aside, { force: true });
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const waiting = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    waiting.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => waiting.delete(socket));
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
      server.close();
      for (const socket of waiting) join(socket, createConnection(path));
      waiting.clear();
    },
    close: () => {
      server.close();
      for (const socket of waiting) socket.destroy();
    },
  };
}

/** Passes on what either side sends, until either ends. */
function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.once('close', () => to.destroy());
    from.on('error', () => to.destroy());
    from.pipe(to);
  }
}
