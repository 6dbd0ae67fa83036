/** Where in the source a command failed, from what it printed. Pure. */

import { readOutput } from '../explain/output.ts';
import type { Explanation } from '../explain/rule.ts';
import { withoutTaskPrefix } from '../explain/task-prefix.ts';
import { readAcross } from './across-lines.ts';
import { readListed } from './listed.ts';
import { fromMakeFolder } from './make-folder.ts';
import { ANYWHERE, PAIRS, type PairPattern, REPORTS } from './patterns.ts';
import { type PrintedPlace, placeInSource, printedPlace, type SourceFolder } from './place.ts';

export type { SourceFolder } from './place.ts';

/** A place in the source, with its path from the source's root. */
export interface FoundLocation extends PrintedPlace {
  /** Where the line that reports the error stands in the output. */
  readonly index: number;
}

/** How far from the line of an explanation its place is looked for. */
const AFTER = 40;
const BEFORE = 6;

/**
 * @param tail the end of the output: masked lines, oldest first
 * @param explanation what the tool said of its failure; its place is near that line. Null if no tool is known by its
 *   words: then the first line that reports an error at a place counts
 * @returns null if no place in the source is named
 */
export function locate(
  tail: readonly string[],
  explanation: Pick<Explanation, 'index'> | null,
  source: SourceFolder,
): FoundLocation | null {
  const lines = withoutTaskPrefix(readOutput(tail));
  const skipped = tail.length - lines.length;
  const found = explanation === null ? firstReport(lines, source) : near(lines, explanation, source);
  if (found === null) return null;
  const { path, line, column, index } = found;
  return { path, line, column, index: index + skipped };
}

/** The first line that reports an error at a place in the source. */
function firstReport(lines: readonly string[], source: SourceFolder): FoundLocation | null {
  for (const index of lines.keys()) {
    const found = reportAt(lines, index, source);
    if (found !== null) return found;
  }
  return null;
}

/** The place that belongs to an explained line: in it, or around it. */
function near(
  lines: readonly string[],
  { index }: Pick<Explanation, 'index'>,
  source: SourceFolder,
): FoundLocation | null {
  const own = reportAt(lines, index, source);
  if (own !== null) return { ...own, index };
  for (let at = index + 1; at <= Math.min(index + AFTER, lines.length - 1); at += 1) {
    const found = reportAt(lines, at, source);
    if (found === null) continue;
    // Further down, only the place of the explained line itself: anything else is another error.
    if (found.index <= index + 1) return { ...found, index };
  }
  for (let at = index - 1; at >= Math.max(0, index - BEFORE); at -= 1) {
    const found = reportAt(lines, at, source);
    if (found !== null) return { ...found, index };
  }
  const quoted = anywhere(lines, index, source);
  return quoted === null ? null : { ...quoted, index };
}

/** The error that this line reports with a place, or whose place it is. */
function reportAt(lines: readonly string[], index: number, source: SourceFolder): FoundLocation | null {
  const line = lines[index] ?? '';
  for (const { when, columnFrom } of REPORTS) {
    const printed = printedPlace(when.exec(line)?.groups, columnFrom);
    const place = printed === null ? null : within(fromMakeFolder(printed, lines, index), source);
    if (place !== null) return { ...place, index };
  }
  for (const pair of PAIRS) {
    const place = within(printedPlace(pair.when.exec(line)?.groups, pair.columnFrom), source);
    const error = place === null ? null : errorOf(pair, lines, index);
    if (place !== null && error !== null) return { ...place, index: error };
  }
  const listed = readListed(lines, index) ?? readAcross(lines, index);
  const place = within(listed, source);
  return place === null || listed === null ? null : { ...place, index: listed.error };
}

/** Where the error of a place stands; null if there is none near it. */
function errorOf(
  { error, within: reach }: PairPattern,
  lines: readonly string[],
  index: number,
): number | null {
  const step = Math.sign(reach);
  for (let at = index + step; Math.abs(at - index) <= Math.abs(reach); at += step) {
    const line = lines[at];
    if (line === undefined) return null;
    if (error.test(line)) return at;
  }
  return null;
}

function anywhere(lines: readonly string[], index: number, source: SourceFolder): PrintedPlace | null {
  for (const { when, columnFrom } of ANYWHERE) {
    const printed = printedPlace(when.exec(lines[index] ?? '')?.groups, columnFrom);
    const place = printed === null ? null : within(fromMakeFolder(printed, lines, index), source);
    if (place !== null) return place;
  }
  return null;
}

const within = (place: PrintedPlace | null, source: SourceFolder): PrintedPlace | null =>
  place === null ? null : placeInSource(place, source);
