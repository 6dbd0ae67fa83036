/** Which files of a folder of assets are not published, as `wrangler deploy` decides it. */
import { readFile } from 'node:fs/promises';
import { join, matchesGlob } from 'node:path';

/** Parts of a build for Cloudflare Pages, and what says which files to leave out. */
const ALWAYS = ['/.assetsignore', '/_worker.js', '/_routes.json'];

/**
 * Reads the `.assetsignore` of a folder, which has the syntax of `.gitignore`:
 * https://developers.cloudflare.com/workers/static-assets/binding/#ignoring-assets
 * @param {string} folder absolute
 * @returns {Promise<(path: string) => boolean>} whether a path relative to the folder is left out
 */
export async function ignoredIn(folder) {
  const text = await readFile(join(folder, '.assetsignore'), 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const rules = [...text.split('\n'), ...ALWAYS].map(ruleOf).filter((rule) => rule !== null);
  return (path) => rules.findLast(({ matches }) => withParents(path).some(matches))?.ignores ?? false;
}

/** One line. The last one that matches a path decides. */
function ruleOf(line) {
  const text = line.trim();
  if (text === '' || text.startsWith('#')) return null;
  const ignores = !text.startsWith('!');
  const pattern = text.replace(/^!/, '').replace(/\/$/, '');
  const matches = pattern.includes('/')
    ? (path) => matchesGlob(path, pattern.replace(/^\//, ''))
    : (path) => matchesGlob(path.slice(path.lastIndexOf('/') + 1), pattern);
  return { ignores, matches };
}

/** A path, and each folder that it is in: a rule that names a folder leaves out everything in it. */
const withParents = (path) =>
  path.split('/').map((_, index, segments) => segments.slice(0, index + 1).join('/'));
