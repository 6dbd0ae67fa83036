/**
 * Installed packages as one file: a file system that a build's `node_modules` lies in. Making tens of thousands of small
 * files in it is many times faster than on a host's file system with a journal, and all of them are kept or removed by
 * renaming or removing that file. For hosts on which the runner may mount (sandbox/disk/limit.ts); elsewhere they lie in a plain folder.
 */
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { PackagesFolder } from '../sandbox/attempt-cache-folder.ts';
import { mountFileSystem, mountToRead, release } from '../sandbox/disk/file-system.ts';
import { diskLimit } from '../sandbox/disk/limit.ts';
import { syncFileSystem } from './durable.ts';
import { makeWritten } from './folder.ts';
import { BLOCK_BYTES } from './measure.ts';

/**
 * Gives an attempt's packages a file system of `bytes` bytes where the host allows it.
 * @throws {ProgramFailure} if it could not be made there; they have a plain folder then, as elsewhere
 */
export async function makePackagesImage(packages: PackagesFolder, bytes: number): Promise<void> {
  if ((await diskLimit()).kind !== 'file_system') return;
  await mountFileSystem(packages.image, packages.at, bytes);
  await makeWritten(packages);
}

/**
 * Writes what an install has left into the file, so that the end of the build need not wait for that. Does nothing where
 * packages lie in a plain folder.
 * @throws {ProgramFailure}
 */
export async function flushPackages({ at, image }: PackagesFolder, signal: AbortSignal): Promise<void> {
  if (await isFile(image)) await syncFileSystem(at, signal);
}

/**
 * Ends the use of an attempt's packages.
 * @returns their file and its size on the host's disk, in bytes; null where they lie in a plain folder
 * @throws if the file is still in use
 */
export async function takePackages({
  at,
  image,
}: PackagesFolder): Promise<{ readonly path: string; readonly bytes: number } | null> {
  if (!(await isFile(image))) return null;
  if (!(await release(image, at))) throw new Error('The installed packages are still mounted somewhere');
  return { path: image, bytes: (await stat(image)).blocks * BLOCK_BYTES };
}

/**
 * Where a layer of packages can be read, which is mounted for this attempt if it is a file.
 * @throws {ProgramFailure} if it can't be mounted
 */
export async function readablePackages(layer: string, { reused, upper }: PackagesFolder): Promise<string> {
  if (!(await isFile(layer))) return layer;
  await mountToRead(layer, reused);
  return join(reused, basename(upper));
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
