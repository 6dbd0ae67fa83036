/** What must be so before a start begins; each says in one sentence what to do when it is not. */
import { once } from 'node:events';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { StackProblem } from './problem.ts';

const GIB = 1024 ** 3;

/** What a first start puts on the disk of the state folder: packages aside, images, the built dashboard, some uploads. */
const LEAST_FREE_BYTES = 2 * GIB;

/** @throws StackProblem `platform_unsupported` anywhere but on Linux: builds need its namespaces and sockets. */
export function checkPlatform(platform: NodeJS.Platform): void {
  if (platform === 'linux') return;
  throw new StackProblem(
    'platform_unsupported',
    `AppFlux runs its builds on Linux and this is ${platform}`,
    'run it in a Debian or Ubuntu machine, a virtual one if need be',
  );
}

/** @throws StackProblem `port_taken` when something listens on the port of 127.0.0.1 */
export async function checkPort(port: number): Promise<void> {
  const server = createServer();
  server.listen({ port, host: '127.0.0.1', exclusive: true });
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new StackProblem(
      'port_taken',
      code === 'EACCES' ? `Port ${port} is for root only` : `Port ${port} is in use`,
      'set APPFLUX_PORT to a free one, or end what uses it',
      { cause: error },
    );
  }
  server.close();
  await once(server, 'close');
}

/** Says what is wrong when a disk has too little room; null when it has enough. `free` is in bytes. */
export function lackOfDisk(folder: string, free: number): StackProblem | null {
  if (free >= LEAST_FREE_BYTES) return null;
  return new StackProblem(
    'disk_full',
    `The disk of ${folder} has ${(free / GIB).toFixed(1)} GiB free`,
    `make room for ${LEAST_FREE_BYTES / GIB} GiB, or set APPFLUX_STATE to a folder on another disk`,
  );
}

/** @throws StackProblem `disk_full` */
export async function checkDisk(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const problem = lackOfDisk(folder, bavail * bsize);
  if (problem !== null) throw problem;
}
