/** Symbolic links: a runner refuses sources with links that lead out of them. */
import { readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** More links in a row than Linux follows (path_resolution(7)) lead nowhere. */
const MAX_LINKS = 40;

/** The target of a link as a ZIP has it, with forward slashes; null if the path is no link. */
export async function linkTarget(path: string): Promise<string | null> {
  try {
    const target = await readlink(path);
    return process.platform === 'win32' ? target.replaceAll('\\', '/') : target;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    // EINVAL: no link; the others: nothing is there, and the path is taken as it is written.
    if (['EINVAL', 'ENOENT', 'ENOTDIR', 'UNKNOWN'].includes(String(code))) return null;
    throw error;
  }
}

/** Whether following a path, link by link, leaves the folder `top` at any step or never ends. `path` is from `top`. */
export async function leadsOut(top: string, path: string): Promise<boolean> {
  const reached: string[] = [];
  const left = path.split('/');
  for (let links = 0; left.length > 0; ) {
    const part = left.shift();
    if (part === undefined || part === '' || part === '.') continue;
    if (part === '..') {
      if (reached.length === 0) return true;
      reached.pop();
      continue;
    }
    const target = await linkTarget(join(top, ...reached, part));
    if (target === null) {
      reached.push(part);
      continue;
    }
    links += 1;
    if (links > MAX_LINKS || target.startsWith('/') || /^[a-z]:/i.test(target)) return true;
    left.unshift(...target.split('/'));
  }
  return false;
}
