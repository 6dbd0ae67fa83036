/** Finds the lockfiles of a project before it is built: what the build does to them afterwards is not asked for. */
import { realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { PackageManager } from '@appflux/protocol';
import { readText } from '../../read-text.ts';
import { JobFailure } from '../../step-context.ts';
import { JAVASCRIPT_LOCKFILES } from './read-lockfile.ts';

/** Larger than any lockfile that a person has reviewed. */
const MAX_LOCKFILE_BYTES = 32 * 1024 * 1024;
const MAX_MANIFEST_BYTES = 1024 * 1024;

export interface FoundLockfile {
  /** Relative to the top of the source, with `/`. */
  readonly path: string;
  readonly name: string;
  /** Null if it is too large. */
  readonly text: string | null;
  /** The package.json beside it; null if there is none. */
  readonly manifest: string | null;
}

export interface Project {
  /** The folder that is built. */
  readonly root: string;
  /** The folder of the whole source; lockfiles of workspaces lie above the root. */
  readonly top: string;
  readonly manager: PackageManager | null;
}

/** The lockfiles of a project: of each language, the nearest to its root. */
export async function findLockfiles({ root, top, manager }: Project): Promise<FoundLockfile[]> {
  const realTop = await realpath(top);
  const folders = upwards(await realpath(root), realTop);
  const managers = manager === null ? (['npm', 'pnpm', 'yarn', 'bun'] as const) : [manager];
  const names = managers.flatMap((one) => JAVASCRIPT_LOCKFILES[one]);
  const android = ['', 'app', 'android', join('android', 'app')].map((folder) => join(root, folder));
  const found = await Promise.all([
    firstOf(folders, names, realTop),
    firstOf(folders, ['pubspec.lock'], realTop),
    firstOf([join(root, 'src-tauri'), ...folders], ['Cargo.lock'], realTop),
    ...android.flatMap((folder) =>
      ['gradle.lockfile', 'buildscript-gradle.lockfile'].map((name) => firstOf([folder], [name], realTop)),
    ),
  ]);
  return found.filter((one) => one !== null);
}

/** A folder and those above it, up to `top`. */
function upwards(from: string, top: string): string[] {
  const folders = [from];
  for (let folder = from; folder !== top && folder.startsWith(top + sep); ) {
    folder = dirname(folder);
    folders.push(folder);
  }
  return folders;
}

async function firstOf(
  folders: readonly string[],
  names: readonly string[],
  top: string,
): Promise<FoundLockfile | null> {
  for (const folder of folders) {
    if (!(await isInside(folder, top))) continue;
    for (const name of names) {
      const text = await textOf(join(folder, name), MAX_LOCKFILE_BYTES);
      if (text === 'missing') continue;
      const path = relative(top, join(folder, name)).split(sep).join('/');
      const manifest = await textOf(join(folder, 'package.json'), MAX_MANIFEST_BYTES);
      return { path, name, text, manifest: manifest === 'missing' ? null : manifest };
    }
  }
  return null;
}

/** Whether a folder is in the source when all links are followed. */
async function isInside(folder: string, top: string): Promise<boolean> {
  try {
    const real = await realpath(folder);
    return real === top || real.startsWith(top + sep);
  } catch {
    // It isn't there, or its links lead in circles: there is no lockfile in it.
    return false;
  }
}

/** The text of a file; null if it is too large. */
async function textOf(path: string, maxBytes: number): Promise<string | null | 'missing'> {
  try {
    return (await readText(path, { maxBytes, name: path })) ?? 'missing';
  } catch (error) {
    // The only failure that readText reports itself: the file is larger than that.
    if (error instanceof JobFailure) return null;
    throw error;
  }
}
