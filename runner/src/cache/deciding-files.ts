/** Reads the files of a project that decide what is installed. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readText } from '../read-text.ts';
import { DECIDING_FILES } from './installed.ts';

/** More than the largest lockfile that anybody has; with a larger one the packages are installed each time. */
const MAX_BYTES = 32 * 1024 ** 2;

/**
 * The deciding files of a root directory, with their text; null where folders above it have some as well, which package
 * managers may take into account.
 * @param top the top of the source, which the root directory lies in
 */
export async function decidingFiles(root: string, top: string): Promise<ReadonlyMap<string, string> | null> {
  for (let folder = root; folder !== top && folder !== dirname(folder); ) {
    folder = dirname(folder);
    for (const name of DECIDING_FILES) if (await isThere(join(folder, name))) return null;
  }
  const files = new Map<string, string>();
  for (const name of DECIDING_FILES) {
    const path = join(root, name);
    const text = await readText(path, { maxBytes: MAX_BYTES, name }).catch(
      // Too large, or not readable.
      () => null,
    );
    if (text !== null) files.set(name, text);
    else if (await isThere(path)) return null;
  }
  return files;
}

const isThere = (path: string): Promise<boolean> =>
  access(path, constants.F_OK).then(
    () => true,
    // Not there; a link that leads nowhere is nothing to a package manager either.
    () => false,
  );
