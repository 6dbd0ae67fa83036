/** Which folder of a source is built. */

import { lstat, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { printable, quoted } from '@appflux/protocol';
import { closest } from 'fastest-levenshtein';
import { say } from '../../masking/sentence.ts';
import { JobFailure } from '../../step-context.ts';

/** A root directory's parts; none for the top. */
export const rootParts = (rootDirectory: string): string[] =>
  rootDirectory.split('/').filter((part) => part !== '' && part !== '.');

/**
 * The absolute path of the root directory, which exists, is a folder and lies in `top` even when all links
 * are followed.
 * @throws {JobFailure} `settings_invalid` otherwise.
 */
export async function resolveRoot(top: string, rootDirectory: string): Promise<string> {
  const parts = rootParts(rootDirectory);
  const shown = quoted(parts.join('/'));
  if (parts.includes('..') || parts.some((part) => part.includes('\0'))) {
    throw new JobFailure('settings_invalid', say`The root directory ${shown} is outside the source.`);
  }
  const realTop = await realpath(top);
  const path = join(realTop, ...parts);
  let real: string;
  try {
    real = await realpath(path);
  } catch (error) {
    throw new JobFailure('settings_invalid', say`The root directory ${shown} does not exist in the source.`, {
      hint: await suggestion(realTop, parts),
      cause: error,
    });
  }
  if (real !== realTop && !real.startsWith(realTop + sep)) {
    throw new JobFailure('settings_invalid', say`The root directory ${shown} is outside the source.`);
  }
  if (!(await lstat(real)).isDirectory()) {
    throw new JobFailure('settings_invalid', say`The root directory ${shown} is a file, not a folder.`);
  }
  return real;
}

/** Which folder may have been meant: the nearest name where the path first goes wrong. */
async function suggestion(top: string, parts: readonly string[]): Promise<string> {
  const known: string[] = [];
  for (const part of parts) {
    const folders = (await readdir(join(top, ...known), { withFileTypes: true }))
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name);
    if (folders.includes(part)) {
      known.push(part);
      continue;
    }
    const nearest = folders.length === 0 ? null : closest(part, folders);
    if (nearest === null) break;
    return `Correct the root directory in the app or in appflux.json. The closest folder is ${printable([...known, nearest].join('/'))}.`;
  }
  return 'Correct the root directory in the app or in appflux.json. Use ./ for the top of the source.';
}
