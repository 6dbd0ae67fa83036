/** Finds a program of the host. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Where daemons are; not on every user's PATH. */
const DAEMON_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin'];

/** The path of a program on PATH or among the daemons; null if there is none. */
export async function findProgram(name: string): Promise<string | null> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...DAEMON_FOLDERS].filter(
    (folder) => folder !== '',
  );
  for (const folder of folders) {
    const path = join(folder, name);
    const runnable = await access(path, constants.X_OK).then(
      () => true,
      // Not there or not to be run: the next folder may have it.
      () => false,
    );
    if (runnable) return path;
  }
  return null;
}
