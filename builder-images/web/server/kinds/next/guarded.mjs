/** Files of `public` that a project's middleware decides about: the server must get those requests. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Of patterns in all, of which the packager needs one. */
const MAX_PATTERNS = 90;

/**
 * @param {string} root the project's root directory, after `next build`
 * @returns {Promise<string[]>} patterns of paths, with a leading slash
 */
export async function guardedFiles(root) {
  const matchers = await middlewareMatchers(join(root, '.next', 'server'));
  if (matchers === null) return [];
  const folder = join(root, 'public');
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length));
  return patternsFor(files, matchers);
}

/** The regular expressions of the middleware's `matcher`; null where the project has no middleware. */
async function middlewareMatchers(folder) {
  const read = async (name) => {
    const file = join(folder, name);
    return existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : {};
  };
  const edge = (await read('middleware-manifest.json')).middleware?.['/'];
  // From Next.js 16 on a `proxy` runs in the Node.js runtime, and is listed elsewhere.
  const node = (await read('functions-config-manifest.json')).functions?.['/_middleware'];
  const middleware = edge ?? node;
  return middleware === undefined ? null : (middleware.matchers ?? [{ regexp: '.*' }]);
}

/**
 * The patterns for files that a matcher applies to, by every path under which a file is served.
 * @param {string[]} files paths with a leading slash
 * @param {{ regexp: string }[]} matchers
 */
export function patternsFor(files, matchers) {
  const expressions = matchers.map(({ regexp }) => new RegExp(regexp));
  const patterns = files
    .map(pathsOf)
    .filter((paths) => paths.some((path) => expressions.some((expression) => expression.test(path))))
    .flat()
    .map(literal);
  if (patterns.length <= MAX_PATTERNS) return patterns;
  return ['/*', '!/_next/static/*'];
}

/** A page is also served without its ending. */
function pathsOf(file) {
  if (!file.endsWith('.html')) return [file];
  const bare = file.replace(/\.html$/, '').replace(/\/index$/, '/');
  return [...new Set([file, bare, bare.endsWith('/') ? bare : `${bare}/`])];
}

/** A path as it is asked for, in which nothing stands for other characters. */
const literal = (path) => encodeURI(path).replaceAll('*', '%2A');
