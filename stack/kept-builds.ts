/** Builds that are made once for the same inputs, each in a folder of its own. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { readStamp, writeStamp } from './fingerprint.ts';

/** In a build's folder: the hash of its inputs. It is written last, and its time is when the build was last used. */
const STAMP = 'inputs';

/**
 * Has something built into a folder of `into`, unless it was built from the same inputs before. The build that was used
 * before this one stays there: an upgrade that fails goes back to it.
 * @param hash of all inputs
 * @param main a file of the build, relative to its folder: a build without it is rebuilt
 * @param make builds into the folder it is given
 * @returns the build's folder
 * @throws what `make` throws
 */
export async function keptBuild(
  into: string,
  hash: string,
  main: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(into, hash.slice(0, 16));
  const stamp = join(folder, STAMP);
  if ((await readStamp(stamp)) === hash && existsSync(join(folder, main))) {
    const now = new Date();
    await utimes(stamp, now, now);
    return folder;
  }
  await mkdir(into, { recursive: true });
  const before = await lastUsed(into, folder);
  for (const name of await readdir(into)) {
    if (name !== before) await rm(join(into, name), { recursive: true, force: true });
  }
  await mkdir(folder);
  await make(folder);
  await writeStamp(stamp, hash);
  return folder;
}

/** The name of the build in `into`, other than `folder`, that was used last; null if there is none. */
async function lastUsed(into: string, folder: string): Promise<string | null> {
  let last = { name: null as string | null, at: 0 };
  for (const name of await readdir(into)) {
    const stamp = join(into, name, STAMP);
    if (join(into, name) === folder || !existsSync(stamp)) continue;
    const { mtimeMs } = await stat(stamp);
    if (mtimeMs > last.at) last = { name, at: mtimeMs };
  }
  return last.name;
}
