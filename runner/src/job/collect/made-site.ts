/** A site that the build wrote to a folder which no setting, framework or habit names. */
import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders below the root directory, by path, without those that are never a site. */
export type Folders = ReadonlySet<string>;

/** How far below the root directory folders are looked for, and how many. */
const MAX_DEPTH = 6;
const MAX_FOLDERS = 20_000;

/** What is never the site that a build is for: packages, reports, documentation, tests, and what is not kept. */
const NEVER_A_SITE =
  /^(?:\.|node_modules$|vendor$|bower_components$|(?:.*[-_.])?(?:coverage|htmlcov|lcov|report|reports|storybook)(?:[-_.].*)?$|(?:api-?)?docs?$|type-?docs?$|js-?docs?$|test$|tests$|__.*__$|test-results$|fixtures$|te?mp$|cache$)/i;

/** Paths that no pattern of outputs takes for another one. */
const PLAIN = /^[\p{L}\p{N}_.@+ /-]+$/u;

/**
 * The folders of a root directory, as they are before a build; null if there are too many to tell later which are new.
 * Links are not followed.
 */
export async function listFolders(
  root: string,
  signal: AbortSignal,
  maxFolders: number = MAX_FOLDERS,
): Promise<Folders | null> {
  const found = new Set<string>();
  const ahead = [''];
  for (let folder = ahead.shift(); folder !== undefined; folder = ahead.shift()) {
    signal.throwIfAborted();
    for (const path of foldersOf(folder, await entriesOf(root, folder))) {
      found.add(path);
      if (found.size > maxFolders) return null;
      if (depthOf(path) < MAX_DEPTH) ahead.push(path);
    }
  }
  return found;
}

/**
 * The one folder with an `index.html` that a build has made, relative to the root directory; null if there is none, or
 * more than one. It holds all that the build put there: a folder among others is a part of something.
 * @param before what `listFolders` found before the build
 */
export async function madeSite(root: string, before: Folders, signal: AbortSignal): Promise<string | null> {
  const now = await listFolders(root, signal);
  if (now === null) return null;
  const made = [...now].filter((path) => !before.has(path));
  const pages: string[] = [];
  for (const path of made) {
    signal.throwIfAborted();
    if (pages.some((above) => path.startsWith(`${above}/`))) continue;
    if (await hasStartPage(root, path)) pages.push(path);
  }
  const [page, other] = pages;
  if (page === undefined || other !== undefined || !PLAIN.test(page)) return null;
  return (await isAllOfIt(root, page, before)) ? page : null;
}

/** Whether a folder has a start page that is a file with something in it. */
export const hasStartPage = async (root: string, folder: string): Promise<boolean> => {
  // Whatever the reason: what can't be looked at is no page.
  const stats = await lstat(join(root, folder, 'index.html')).catch(() => null);
  return stats?.isFile() === true && stats.size > 0;
};

/** Whether the new folders around a folder hold nothing else. */
async function isAllOfIt(root: string, folder: string, before: Folders): Promise<boolean> {
  for (let path = parentOf(folder); path !== '' && !before.has(path); path = parentOf(path))
    if ((await entriesOf(root, path)).length !== 1) return false;
  return true;
}

/** A folder that the build has closed to others counts as empty: it can't be published either. */
const entriesOf = (root: string, folder: string): Promise<Dirent[]> =>
  readdir(join(root, folder), { withFileTypes: true }).catch(() => []);

/** The folders among entries that may be or hold a site. A name that is not UTF-8 comes out of readdir as another. */
const foldersOf = (folder: string, entries: readonly Dirent[]): string[] =>
  entries
    .filter(
      (entry) => entry.isDirectory() && !NEVER_A_SITE.test(entry.name) && !entry.name.includes('\u{FFFD}'),
    )
    .map(({ name }) => (folder === '' ? name : `${folder}/${name}`));

const depthOf = (path: string): number => path.split('/').length;
const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
