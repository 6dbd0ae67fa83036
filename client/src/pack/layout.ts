/** What the command line and the dashboard agree on when they pack a folder into a ZIP. */

/**
 * The modification time of all entries, in local time as ZIP has it (APPNOTE 4.4.6): the same files then give the same
 * bytes at any time.
 */
export const ENTRY_TIME = new Date(1980, 0, 1, 12);

/** A folder that every runner leaves empty; see `keepsItsFolder`. */
export const MARKER_FOLDER = '.appflux';

/**
 * Whether a runner unpacks files where they are. If all of a ZIP is in one folder, that folder is treated as a wrapper and
 * removed, as in ZIPs of GitHub; an empty folder beside it prevents that.
 */
export const keepsItsFolder = (paths: readonly string[]): boolean =>
  new Set(paths.map((path) => path.split('/')[0])).size > 1 || paths.some((path) => !path.includes('/'));

/** Why a runner would refuse a name, as the end of a sentence; null if it accepts it. */
export function nameProblem(path: string): string | null {
  if (path.includes('\ufffd')) return 'isn’t UTF-8';
  if (path.includes('\\')) return 'has a backslash';
  return /\p{Cc}/u.test(path) ? 'has a control character' : null;
}
