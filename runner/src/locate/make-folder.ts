/** Paths that a compiler prints from the folder in which make runs it. Pure. */
import { posix } from 'node:path';
import type { PrintedPlace } from './place.ts';

const ENTERING = /^make(?:\[\d{1,3}\])?: Entering directory ['`](?<folder>\/[^']{0,300})'$/;
const LEAVING = /^make(?:\[\d{1,3}\])?: Leaving directory /;

/** How far up it is looked for where make has gone. */
const UP = 400;

/** The place with its absolute path, if make ran what printed this line; else as it is. */
export function fromMakeFolder(place: PrintedPlace, lines: readonly string[], index: number): PrintedPlace {
  if (place.path.startsWith('/')) return place;
  let left = 0;
  for (let at = index - 1; at >= Math.max(0, index - UP); at -= 1) {
    const line = lines[at] ?? '';
    if (LEAVING.test(line)) left += 1;
    const folder = ENTERING.exec(line)?.groups?.folder;
    if (folder === undefined) continue;
    if (left === 0) return { ...place, path: posix.join(folder, place.path) };
    left -= 1;
  }
  return place;
}
