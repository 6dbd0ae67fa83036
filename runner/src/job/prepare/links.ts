/** Symbolic links of a tree: none may lead out of it. */
import { lstat, readlink } from 'node:fs/promises';
import { BYTES, onDisk } from './byte-path.ts';

/** More hops than the kernel follows (path_resolution(7)) lead nowhere. */
const MAX_HOPS = 40;

/**
 * Whether following `path` (relative to `top`) step by step ever leaves `top`, runs in a circle or meets an
 * absolute target. Parts that do not exist are taken as they are written. Comparing the written target with
 * the top is not enough: in `deep/link/../x`, the `..` starts from where `link` leads. Both paths are byte strings.
 */
export async function leadsOut(top: string, path: string): Promise<boolean> {
  const here: string[] = [];
  const ahead = path.split('/');
  let hops = 0;
  for (let part = ahead.shift(); part !== undefined; part = ahead.shift()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (here.pop() === undefined) return true;
      continue;
    }
    const target = await linkTarget(onDisk(top, ...here, part));
    if (target === null) {
      here.push(part);
      continue;
    }
    hops += 1;
    if (target.startsWith('/') || hops > MAX_HOPS) return true;
    ahead.unshift(...target.split('/'));
  }
  return false;
}

async function linkTarget(path: Buffer): Promise<string | null> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path, { encoding: BYTES }) : null;
  } catch (error) {
    // ENOENT, or ENOTDIR below a file: there is no link here that could be followed.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return null;
    throw error;
  }
}
