/** Preconditions of a start; each failure says in one sentence what to do. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { portOwner } from './addresses/port-owner.ts';
import { StackProblem } from './problem.ts';

const GIB = 1024 ** 3;

/**
 * Disk space that a first start needs in the state folder, without packages: images, the built dashboard, some
 * uploads.
 */
export const LEAST_FREE_BYTES = 2 * GIB;

/** @throws StackProblem `platform_unsupported` on any system but Linux: builds need its namespaces and sockets. */
export function checkPlatform(platform: NodeJS.Platform): void {
  if (platform === 'linux') return;
  throw new StackProblem(
    'platform_unsupported',
    `AppFlux builds on Linux only, and this is ${platform}`,
    'run it on a Debian or Ubuntu machine, for example a virtual one',
  );
}

/**
 * @param variable what sets the port, for the advice
 * @throws StackProblem `port_taken` if something listens on the port of that address, with its name where it is visible
 */
export async function checkPort(port: number, host = '127.0.0.1', variable = 'APPFLUX_PORT'): Promise<void> {
  const server = createServer();
  server.listen({ port, host, exclusive: true });
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw await cannotListen(code, port, host, variable, error);
  }
  server.close();
  await once(server, 'close');
}

async function cannotListen(code: string, port: number, host: string, variable: string, cause: unknown) {
  if (code === 'EADDRNOTAVAIL') {
    return new StackProblem(
      'settings_invalid',
      `APPFLUX_LISTEN=${host} is not an address of this machine`,
      'set it to one that is, or to 0.0.0.0 for all of them',
      { cause },
    );
  }
  const advice = `set ${variable} to a free port, or stop the program that uses it`;
  if (code === 'EACCES') {
    return new StackProblem('port_taken', `Only root can use port ${port}`, advice, { cause });
  }
  const owner = await portOwner(port);
  const by = owner === null ? '' : ` by ${owner.command} (pid ${owner.pid})`;
  return new StackProblem('port_taken', `Port ${port} is in use${by}`, advice, { cause });
}

/**
 * A message if a disk has too little space for a first start; null if it has enough. `free` is in bytes. An instance that has
 * data starts on any disk: otherwise nobody could read what it has, or delete some of it.
 */
export function lackOfDisk(folder: string, free: number, hasData = false): StackProblem | null {
  if (hasData || free >= LEAST_FREE_BYTES) return null;
  return new StackProblem(
    'disk_full',
    `The disk of ${folder} has only ${(free / GIB).toFixed(1)} GiB free`,
    `free ${LEAST_FREE_BYTES / GIB} GiB, or set APPFLUX_STATE to a folder on another disk`,
  );
}

/**
 * @param data where the instance stores its data, which is not there before its first start
 * @throws StackProblem `disk_full`
 */
export async function checkDisk(folder: string, data: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const problem = lackOfDisk(folder, bavail * bsize, existsSync(data));
  if (problem !== null) throw problem;
}
