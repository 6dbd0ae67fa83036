/** Preconditions of a start; each failure says in one sentence what to do. */
import { once } from 'node:events';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { StackProblem } from './problem.ts';

const GIB = 1024 ** 3;

/**
 * Disk space that a first start needs in the state folder, without packages: images, the built dashboard, some
 * uploads.
 */
const LEAST_FREE_BYTES = 2 * GIB;

/** @throws StackProblem `platform_unsupported` on any system but Linux: builds need its namespaces and sockets. */
export function checkPlatform(platform: NodeJS.Platform): void {
  if (platform === 'linux') return;
  throw new StackProblem(
    'platform_unsupported',
    `AppFlux builds on Linux only, and this is ${platform}`,
    'run it on a Debian or Ubuntu machine, for example a virtual one',
  );
}

/** @throws StackProblem `port_taken` if something listens on the port of 127.0.0.1 */
export async function checkPort(port: number): Promise<void> {
  const server = createServer();
  server.listen({ port, host: '127.0.0.1', exclusive: true });
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new StackProblem(
      'port_taken',
      code === 'EACCES' ? `Only root can use port ${port}` : `Port ${port} is in use`,
      'set APPFLUX_PORT to a free port, or stop the program that uses it',
      { cause: error },
    );
  }
  server.close();
  await once(server, 'close');
}

/** A message if a disk has too little space; null if it has enough. `free` is in bytes. */
export function lackOfDisk(folder: string, free: number): StackProblem | null {
  if (free >= LEAST_FREE_BYTES) return null;
  return new StackProblem(
    'disk_full',
    `The disk of ${folder} has only ${(free / GIB).toFixed(1)} GiB free`,
    `free ${LEAST_FREE_BYTES / GIB} GiB, or set APPFLUX_STATE to a folder on another disk`,
  );
}

/** @throws StackProblem `disk_full` */
export async function checkDisk(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const problem = lackOfDisk(folder, bavail * bsize);
  if (problem !== null) throw problem;
}
