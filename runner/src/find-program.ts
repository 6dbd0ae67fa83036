/** Finds a program of the host. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Where daemons are; not on every user's PATH. */
const DAEMON_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin'];

/** Where programs are looked for. */
const searched = (): string[] =>
  [...(process.env.PATH ?? '').split(delimiter), ...DAEMON_FOLDERS].filter((folder) => folder !== '');

/** The same as the value of PATH, for a process that finds them itself. */
export const searchedPath = (): string => searched().join(delimiter);

/** The path of a program on PATH or among the daemons; null if there is none. */
export async function findProgram(name: string): Promise<string | null> {
  for (const folder of searched()) {
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
