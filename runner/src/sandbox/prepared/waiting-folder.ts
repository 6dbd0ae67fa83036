/** The folders of a sandbox that waits for its build. */
import { chmod, mkdir } from 'node:fs/promises';
import { runProgram } from '../../programs/run-program.ts';
import type { AttemptFolder } from '../attempt-folder.ts';
import { mountFileSystem, unmountWithin } from '../disk/file-system.ts';

const SHARED = '--make-shared';

/** Nothing is ever written to it: the cache is mounted over it. */
const EMPTY_OPTIONS = 'ro,nosuid,nodev,size=4k,mode=0755';

/**
 * Makes them, each empty. What is mounted below the source tree and over the cache's folder later on appears in the
 * container, too (`shared`), which only mounts of their own do without concerning the rest of the host.
 * @param bytes the disk limit of the build
 * @throws if this process may not mount; nothing stays mounted then
 */
export async function makeWaitingFolder(
  { top, workspace, net, image, cacheMount }: AttemptFolder,
  bytes: number,
): Promise<void> {
  await mkdir(top, { recursive: true, mode: 0o700 });
  await mkdir(workspace.source);
  await mkdir(workspace.scratch, { mode: 0o700 });
  await mkdir(net);
  await mkdir(cacheMount);
  const empty = ['-t', 'tmpfs', SHARED, '-o', EMPTY_OPTIONS, '--', 'none', cacheMount];
  const mounted = await Promise.allSettled([
    mountFileSystem(image, workspace.source, bytes, [SHARED]),
    runProgram('mount', empty),
  ]);
  const failed = mounted.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await unmountWithin(top);
    throw failed.reason;
  }
  // Whatever the umask: the builder's user has to get in.
  await chmod(workspace.source, 0o755);
  await chmod(net, 0o755);
}
