/** The folders of one attempt on the host. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Workspace } from '../step-context.ts';
import { attemptCacheFolder } from './attempt-cache-folder.ts';
import { mountFileSystem, unmountWithin } from './disk/file-system.ts';
import { diskLimit } from './disk/limit.ts';
import type { Engine } from './engine.ts';
import { emptyAsBuilder, removeTree } from './remove-tree.ts';

/** Where in the state folder attempts have their folders. */
export const WORK_FOLDER = 'work';

export interface AttemptFolder {
  /** Holds all the others; what counts against the disk limit. */
  readonly top: string;
  readonly workspace: Workspace;
  /** Mounted into the container for the proxy's socket. A short name: a socket's path may have 107 bytes. */
  readonly net: string;
  /** The file that holds the source tree's own file system, where it has one. */
  readonly image: string;
  /** Where the cache of a container that waited for its build is mounted; not there for others. */
  readonly cacheMount: string;
}

/** What the source tree may take on disk. */
export interface TreeDisk {
  readonly bytes: number;
  /** Receives the error if a file system could not be created on a host that supports it. */
  readonly onError: (error: unknown) => void;
}

/** The proxy's socket in the folder that is mounted for it. */
export const SOCKET_NAME = 'proxy.sock';

/** How many bytes the path of an attempt's socket has; the kernel takes a limited number (unix(7)). */
export function socketPathBytes(state: string): number {
  const { net } = attemptFolder(state, '0'.repeat(24), 99);
  return Buffer.byteLength(join(net, SOCKET_NAME));
}

/** Where an attempt's folders are; nothing is made yet. */
export const attemptFolder = (state: string, deploymentId: string, attempt: number): AttemptFolder =>
  workFolder(state, `${deploymentId}-${attempt}`);

/** The same under another name, which no other has. */
export function workFolder(state: string, name: string): AttemptFolder {
  const top = join(state, WORK_FOLDER, name);
  return {
    top,
    workspace: { source: join(top, 'source'), scratch: join(top, 'scratch') },
    net: join(top, 'net'),
    image: join(top, 'source.ext4'),
    cacheMount: join(top, 'cache-mount'),
  };
}

/**
 * Makes the folders of an attempt. The state folder above them is this user's alone, so their own modes only
 * matter inside the container. With `disk`, the source tree gets a file system of its own where the host allows it.
 */
export async function makeAttemptFolder(
  { top, workspace, net, image }: AttemptFolder,
  disk?: TreeDisk,
): Promise<void> {
  await mkdir(top, { recursive: true, mode: 0o700 });
  await mkdir(workspace.source);
  await mkdir(workspace.scratch, { mode: 0o700 });
  await mkdir(net);
  if (disk !== undefined && (await diskLimit()).kind === 'file_system') {
    await mountFileSystem(image, workspace.source, disk.bytes).catch(disk.onError);
  }
  // Whatever the umask: the builder's user has to get in.
  await chmod(workspace.source, 0o755);
  await chmod(net, 0o755);
}

/**
 * Removes an attempt's folders. Root may remove anything; for any other user, what the build wrote is the
 * builder's, and a container of that user has to take it away first.
 */
export async function removeAttemptFolder(engine: Engine, runnerId: string, top: string): Promise<void> {
  await unmountWithin(top);
  if (process.getuid?.() === 0) return removeTree(top);
  try {
    await removeTree(top);
  } catch {
    // The second try reports the error, if that fails too.
    await emptyAsBuilder(engine, runnerId, join(top, 'source'));
    const { upper, packages } = attemptCacheFolder(top);
    for (const folder of [upper, packages.upper])
      if (existsSync(folder)) await emptyAsBuilder(engine, runnerId, folder);
    await removeTree(top);
  }
}

/**
 * Removes what attempts of an earlier process left behind. Gives the names of what it found.
 * @param remove removes one attempt's folder (Executor.removeFolder)
 */
export async function sweepAttemptFolders(
  state: string,
  remove: (top: string) => Promise<void>,
): Promise<string[]> {
  const work = join(state, WORK_FOLDER);
  const names = await readdir(work).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const name of names) await remove(join(work, name));
  return names;
}
