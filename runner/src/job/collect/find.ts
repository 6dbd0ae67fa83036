/** Finds the files and folders that outputs match. */

import { lstat, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Glob } from '@appflux/detection';
import { quoted } from '@appflux/protocol';
import { own, say } from '../../masking/sentence.ts';
import { JobFailure } from '../../step-context.ts';
import type { CollectLimits } from './limits.ts';
import type { FoundFile } from './safe-file.ts';

/** What a glob names: paths relative to the root directory, in order. */
export interface Matches {
  readonly files: readonly FoundFile[];
  readonly folders: readonly string[];
}

/**
 * Everything that a glob names. Folders that are links are not entered; a link that the glob names itself
 * stands for what it leads to.
 * @param root the root directory's real path.
 * @throws {JobFailure} `artifact_invalid` for a match that leads out of the root directory.
 */
export async function findMatches(
  root: string,
  glob: Glob,
  limits: CollectLimits,
  signal: AbortSignal,
): Promise<Matches> {
  const files: FoundFile[] = [];
  const folders: string[] = [];
  let looked = 0;

  const take = async (path: string) => {
    const real = await realInside(root, path);
    if (real === null) return;
    const stats = await lstat(real, { bigint: true });
    if (stats.isDirectory()) folders.push(path);
    else if (stats.isFile()) files.push({ path, real, stats });
    else throw new JobFailure('artifact_invalid', say`${quoted(path)} is not a file or folder.`);
  };

  if (glob.isLiteral) {
    await take(glob.base);
    return { files, folders };
  }
  const ahead = (await isRealFolder(root, glob.base)) ? [glob.base] : [];
  for (let folder = ahead.pop(); folder !== undefined; folder = ahead.pop()) {
    signal.throwIfAborted();
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      looked += 1;
      if (looked > limits.names) {
        throw new JobFailure(
          'artifact_invalid',
          say`Too many files to search for outputs: more than ${limits.names}.`,
          {
            hint: own('Set outputs to the folder that contains them.'),
          },
        );
      }
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !isSkipped(path, glob) && depthOf(path) <= limits.depth) ahead.push(path);
      if (glob.matches(path)) await take(path);
    }
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, folders: folders.sort() };
}

const depthOf = (path: string): number => path.split('/').length;

/** What others wrote is no output, unless the glob goes there by name. */
function isSkipped(path: string, glob: Glob): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return (name === 'node_modules' || name === '.git') && !`${glob.base}/`.startsWith(`${path}/`);
}

/** Where a path leads, all links followed; null if there is nothing. */
async function realInside(root: string, path: string): Promise<string | null> {
  const real = await realpath(join(root, path)).catch(() => null);
  if (real === null || real === root || real.startsWith(root + sep)) return real;
  throw new JobFailure('artifact_invalid', say`The output ${quoted(path)} is outside the project.`);
}

async function isRealFolder(root: string, path: string): Promise<boolean> {
  const real = await realInside(root, path);
  return real !== null && (await lstat(real)).isDirectory();
}
