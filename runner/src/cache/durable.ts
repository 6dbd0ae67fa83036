/** What is certain to be on the disk, so that a power cut cannot leave half of it. */
import { open, readFile } from 'node:fs/promises';
import { execa } from 'execa';

/** Linux generates a new one at each boot (random(4)). */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/**
 * Which start of the host this is; null where that cannot be known. What was written since then is there whether it
 * has reached the disk or not.
 */
export async function bootId(): Promise<string | null> {
  return readFile(BOOT_ID, 'utf8').then(
    (text) => text.trim() || null,
    // Another system than Linux.
    () => null,
  );
}

/** Writes everything of the file system that a path lies in to the disk (syncfs(2)): what a build left is not opened. */
export async function syncFileSystem(path: string, signal: AbortSignal): Promise<void> {
  await execa('sync', ['--file-system', '--', path], { cancelSignal: signal });
}

/** Writes a file's or a folder's own changes to the disk. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
