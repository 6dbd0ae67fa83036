/** Decides whether the installed packages are those of package-lock.json, and which Node to run. */
import { createHash } from 'node:crypto';

/** The oldest Node that runs the sources without a compile step. */
const OLDEST_NODE = 24;

/**
 * The stamp that records for which lockfile the packages are installed: its hash.
 * @param {string} lock package-lock.json
 */
export function stampOf(lock) {
  return createHash('sha256').update(lock).digest('hex');
}

/**
 * Whether the installed packages are those of the lockfile, so that a manual `npm install` is as good as an `npm ci`.
 * @param {string} lock package-lock.json
 * @param {string | null} installed npm's own record, `node_modules/.package-lock.json`; null if there is none
 */
export function installedMatches(lock, installed) {
  if (installed === null) return false;
  const wanted = packagesOf(lock);
  const there = packagesOf(installed);
  if (wanted === null || there === null) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    // The checkout itself and its workspaces are sources; the links to them are among the packages.
    if (!path.includes('node_modules/')) return true;
    const found = there[path];
    // npm omits packages for other platforms, and only those are marked optional.
    if (found === undefined) return entry.optional === true;
    return (
      found.version === entry.version && found.integrity === entry.integrity && found.link === entry.link
    );
  });
}

/**
 * @param {string} text
 * @returns {Record<string, { version?: string, integrity?: string, optional?: boolean, link?: boolean }> | null}
 */
function packagesOf(text) {
  try {
    return JSON.parse(text).packages ?? null;
  } catch {
    // Incomplete because npm was interrupted: unknown state, so the packages are installed again.
    return null;
  }
}

/**
 * The Node to run the sources with: this one if it is new enough, else the one among the packages.
 * @param {{ execPath: string, versions: { node: string }, platform: string, arch: string }} current
 * @param {(path: string) => boolean} exists whether a file exists, by its path in the checkout
 * @returns {string | null} an absolute path, or one in the checkout
 */
export function nodeFor(current, exists) {
  if (Number(current.versions.node.split('.')[0]) >= OLDEST_NODE) return current.execPath;
  const packaged = `node_modules/node-${current.platform}-${current.arch}/bin/node`;
  return exists(packaged) ? packaged : null;
}
