/** Decides whether the packages that are installed are those of package-lock.json, and which Node to go on with. */
import { createHash } from 'node:crypto';

/** The oldest Node that runs the sources as they are. */
const OLDEST_NODE = 24;

/**
 * The stamp that is kept when the packages of a lockfile are installed: its hash.
 * @param {string} lock package-lock.json
 */
export function stampOf(lock) {
  return createHash('sha256').update(lock).digest('hex');
}

/**
 * Whether what is installed is what the lockfile asks for, so that an `npm install` by hand is as good as an `npm ci`.
 * @param {string} lock package-lock.json
 * @param {string | null} installed npm's own record, `node_modules/.package-lock.json`; null when there is none
 */
export function installedMatches(lock, installed) {
  if (installed === null) return false;
  const wanted = packagesOf(lock);
  const there = packagesOf(installed);
  if (wanted === null || there === null) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    // The checkout itself and its workspaces are sources; what links to them is among the packages.
    if (!path.includes('node_modules/')) return true;
    const found = there[path];
    // npm leaves out what is for another platform, and only that is ever marked so.
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
    // Half written by an npm that was cut short: nothing can be said of it, so it is installed anew.
    return null;
  }
}

/**
 * The Node to run the sources with: this one if it is new enough, else the one among the packages.
 * @param {{ execPath: string, versions: { node: string }, platform: string, arch: string }} current
 * @param {(path: string) => boolean} exists whether there is a file, by its path in the checkout
 * @returns {string | null} an absolute path, or one in the checkout
 */
export function nodeFor(current, exists) {
  if (Number(current.versions.node.split('.')[0]) >= OLDEST_NODE) return current.execPath;
  const packaged = `node_modules/node-${current.platform}-${current.arch}/bin/node`;
  return exists(packaged) ? packaged : null;
}
