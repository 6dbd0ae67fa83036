/** The app's files for one build: in the host's memory, and nowhere on its disk. */

import { chmod, mkdir, readdir, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { own, say } from '../../masking/sentence.ts';
import { removeTree } from '../../sandbox/remove-tree.ts';
import { JobFailure } from '../../step-context.ts';

/** Linux' file system in memory, which is there for programs to share memory in (shm_overview(7)). */
const MEMORY = '/dev/shm';
/** TMPFS_MAGIC (statfs(2)). */
const TMPFS = 0x01021994;

/** The folder of all files that builds of a runner have at the moment. */
const folderOf = (runnerId: string) => join(MEMORY, `appflux-${runnerId}`);

export interface MemoryFolder {
  /** To be mounted into the container, read-only. */
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Writes files into memory. The folder above them is this user's alone: that the files can be read by all only matters
 * inside of the container.
 * @param name of the attempt, unique on this runner
 * @param files by their names, in base64
 * @param onDisk a folder that need not be there yet, for a build whose host has no file system in memory (macOS has none
 *   that every user may write to); undefined: such a build is not made
 * @throws {JobFailure} `internal` where the host has no file system in memory
 */
export async function writeToMemory(
  runnerId: string,
  name: string,
  files: Readonly<Record<string, string>>,
  onDisk?: string,
): Promise<MemoryFolder> {
  const inMemory = await isInMemory();
  if (!inMemory && onDisk === undefined) {
    throw new JobFailure('internal', own(`The runner has no in-memory file system for the app’s files`), {
      hint: say`Ask the owner of the runner to mount a tmpfs at ${MEMORY}, or remove the app’s files.`,
    });
  }
  const top = inMemory || onDisk === undefined ? folderOf(runnerId) : onDisk;
  await mkdir(top, { recursive: true, mode: 0o700 });
  const path = join(top, name);
  const remove = () => removeTree(path);
  await mkdir(path, { mode: 0o755 });
  try {
    for (const [file, content] of Object.entries(files)) {
      await writeFile(join(path, file), Buffer.from(content, 'base64'), { mode: 0o444, flag: 'wx' });
    }
    // Whatever the umask.
    await chmod(path, 0o755);
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, remove };
}

async function isInMemory(): Promise<boolean> {
  return statfs(MEMORY).then(
    ({ type }) => type === TMPFS,
    // Not there: not Linux, or a host that was set up otherwise.
    () => false,
  );
}

/** Removes what an earlier process of this runner left. Gives the names of the attempts. */
export async function sweepMemory(runnerId: string): Promise<string[]> {
  const top = folderOf(runnerId);
  const names = await readdir(top).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  await removeTree(top);
  return names;
}
