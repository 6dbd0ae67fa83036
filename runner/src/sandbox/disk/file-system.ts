/**
 * A file system of an attempt's own: an ext4 in a sparse file, mounted through a loop device. The kernel itself then
 * keeps a build to its disk limit, whatever it writes and how fast.
 */
import { mkdir, readdir, readFile, realpath, rm, rmdir, statfs, truncate, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runProgram } from '../../programs/run-program.ts';

/**
 * Many small files are what a build writes: an inode for each 8 KB (mke2fs(8)). No journal and nothing zeroed ahead,
 * as nobody needs the file after a crash. Its root is the builder's.
 */
const MAKE_OPTIONS = ['-q', '-F', '-m', '0', '-i', '8192', '-O', '^has_journal'];
const EXTENDED_OPTIONS = 'lazy_itable_init=1,nodiscard,root_owner=10001:10001';

/** Nothing in it can become a device or another user's program. */
const SAFE = 'loop,nosuid,nodev';

/**
 * The kernel does not fill it by itself, and a program that syncs its files does not wait for the host's disk (ext4(5)):
 * what has to outlive a crash of the host is synced with the file (cache/upkeep.ts).
 */
const MOUNT_OPTIONS = `${SAFE},noatime,noinit_itable,nobarrier`;

/** How long the kernel may take to let a file go whose file system was unmounted, in milliseconds. */
const LET_GO_MS = 2_000;
const LOOK_EVERY_MS = 10;

/** The kernel's block devices (Documentation/ABI/testing/sysfs-block). */
const DEVICES = '/sys/block';

/**
 * Makes a file system of `bytes` bytes in the file `image` and mounts it at the empty folder `at`. Its own tables take
 * about 4 % of it. Takes some 30 ms, and room on the host only for what is written.
 * @param options of mount(8), besides its own
 * @throws {ProgramFailure} when a program is missing or the host does not let this process mount; nothing is left then
 */
export async function mountFileSystem(
  image: string,
  at: string,
  bytes: number,
  options: readonly string[] = [],
): Promise<void> {
  try {
    await writeFile(image, '', { mode: 0o600 });
    await truncate(image, bytes);
    await runProgram('mkfs.ext4', [...MAKE_OPTIONS, '-E', EXTENDED_OPTIONS, '--', image]);
    await runProgram('mount', ['-t', 'ext4', ...options, '-o', MOUNT_OPTIONS, '--', image, at]);
    await rmdir(join(at, 'lost+found'));
  } catch (error) {
    await unmountWithin(at);
    await rm(image, { force: true });
    throw error;
  }
}

/**
 * Mounts such a file again, to be read only. Several attempts may have it mounted, each at a place of its own.
 * @param at is made
 * @throws {ProgramFailure} when it can't be mounted; nothing is left then
 */
export async function mountToRead(image: string, at: string): Promise<void> {
  await mkdir(at);
  try {
    await runProgram('mount', ['-t', 'ext4', '-o', `${SAFE},ro`, '--', image, at]);
  } catch (error) {
    await rmdir(at);
    throw error;
  }
}

/**
 * Unmounts a file system, so that its file can be used for something else.
 * @returns whether nothing uses it any more: another mount namespace may have it mounted still
 * @throws {ProgramFailure} when it is in use here
 */
export async function release(image: string, at: string): Promise<boolean> {
  await runProgram('umount', ['--', at]);
  const real = await realpath(image);
  for (let waited = 0; waited <= LET_GO_MS; waited += LOOK_EVERY_MS) {
    if (!(await isAttached(real))) return true;
    await sleep(LOOK_EVERY_MS);
  }
  return false;
}

/** Whether a loop device holds a file. */
async function isAttached(image: string): Promise<boolean> {
  const loops = (await readdir(DEVICES)).filter((name) => name.startsWith('loop'));
  const held = await Promise.all(
    // A device that holds none has no such file.
    loops.map((name) => readFile(join(DEVICES, name, 'loop', 'backing_file'), 'utf8').catch(() => '')),
  );
  return held.some((path) => path.trimEnd() === image);
}

/** Bytes that are taken of the file system that a path lies in. */
export async function usedBytes(path: string): Promise<number> {
  const { blocks, bfree, bsize } = await statfs(path);
  return (blocks - bfree) * bsize;
}

/**
 * Unmounts whatever is mounted at a folder or below it, the last mounted first. What is still in use, by a container that
 * the engine could not remove, is detached immediately and ends with its last user.
 * @throws {ProgramFailure} when the host does not let this process unmount
 */
export async function unmountWithin(folder: string): Promise<void> {
  // Nothing is ever mounted elsewhere.
  if (process.platform !== 'linux') return;
  const real = await realpath(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (real === null) return;
  const mounts = await mountedWithin(real);
  if (mounts.length === 0) return;
  // One program for all of them: starting it takes longer than what it does.
  if (await isUnmounted(mounts)) return;
  for (const mount of await mountedWithin(real)) {
    if (!(await isUnmounted([mount]))) await runProgram('umount', ['--lazy', '--', mount]);
  }
}

const isUnmounted = (mounts: readonly string[]): Promise<boolean> =>
  runProgram('umount', ['--', ...mounts]).then(
    () => true,
    // The caller tries another way, which reports its error.
    () => false,
  );

/** The last mounted first. */
async function mountedWithin(folder: string): Promise<string[]> {
  return mountsWithin(await readFile('/proc/self/mountinfo', 'utf8'), folder).reverse();
}

/**
 * The mount points at or below a folder, in the order in which they were mounted. Pure.
 * @param mountinfo the text of /proc/self/mountinfo (proc_pid_mountinfo(5))
 * @param folder a path without links in it
 */
export function mountsWithin(mountinfo: string, folder: string): string[] {
  return mountinfo
    .split('\n')
    .map((line) => plainPath(line.split(' ')[4] ?? ''))
    .filter((mount) => mount === folder || mount.startsWith(folder + sep));
}

/** Space, tab, line feed and backslash stand in that file as three octal digits. */
const plainPath = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
