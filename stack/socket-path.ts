/** Unix sockets at long paths: the name of a socket may have 107 bytes at most (unix(7)). */
import { closeSync, constants, openSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';

/**
 * Calls `use` with another name of a path, which is valid during the call.
 * @throws Error of Node if the path's folder is not there
 */
export function withShortPath<Result>(path: string, use: (short: string) => Result): Result {
  const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return use(`/proc/self/fd/${folder}/${basename(path)}`);
  } finally {
    closeSync(folder);
  }
}

/** Connects to a Unix socket, as `createConnection` does. @throws Error of Node if its folder is not there */
export const connectTo = (path: string): Socket => withShortPath(path, (short) => createConnection(short));
