/** Places in a source, as tools print them, and the same place from the root of the source. Pure. */
import { posix } from 'node:path';
import { MAX_LOCATION_PATH, printable } from '@appflux/protocol';

/** A place as it was printed. */
export interface PrintedPlace {
  readonly path: string;
  readonly line: number;
  /** From 1; null if the tool printed none. */
  readonly column: number | null;
}

/** Where the source is for the build's commands. */
export interface SourceFolder {
  /** The absolute path of the source's root. */
  readonly path: string;
  /** The folder in it where the commands run, relative to it: tools print paths from there. */
  readonly rootDirectory: string;
}

/** The largest number that counts as a line or a column. */
const LARGEST = 10_000_000;

/** Folders of installed packages, which are not the project's code. */
const INSTALLED: ReadonlySet<string> = new Set(['node_modules', '.pnpm', '.yarn', 'site-packages', '.cargo']);

/** The place of a pattern's groups `path`, `line` and `column`; null if its numbers are none of a file. */
export function printedPlace(
  groups: Record<string, string> | undefined,
  columnFrom: 0 | 1,
): PrintedPlace | null {
  const { path = '', line = '', column } = groups ?? {};
  const row = Number(line);
  if (path === '' || !isPosition(row)) return null;
  const position = column === undefined ? 0 : Number(column) + 1 - columnFrom;
  return { path, line: row, column: isPosition(position) ? position : null };
}

const isPosition = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= LARGEST;

/** The place with its path from the root of the source; null if it is outside of it, or in an installed package. */
export function placeInSource(
  place: PrintedPlace,
  { path: root, rootDirectory }: SourceFolder,
): PrintedPlace | null {
  const printed = place.path.replace(/^file:\/\//, '').replace(/\?.*$/, '');
  const path = printed.startsWith('/')
    ? posix.relative(root, printed)
    : posix.join(rootDirectory, printed.replaceAll('\\', '/'));
  const normal = posix.normalize(path);
  if (normal === '.' || normal === '..' || normal.startsWith('../') || normal.startsWith('/')) return null;
  if (normal.split('/').some((part) => INSTALLED.has(part))) return null;
  return { ...place, path: printable(normal, MAX_LOCATION_PATH) };
}
