/** Finds lines in the NDJSON of an archived log. Only lines that may match are parsed: a log can have a million. */
import { breathe } from '#lib/time/breathe.ts';
import { readLine, type TextLine } from './archive-lines.ts';
import { matchesIn, visibleTextOf } from './search.ts';

/** Yields to the event loop after this many milliseconds of work, so that the page stays responsive. */
const BREAK_AFTER_MS = 12;

/** NDJSON whose lines are looked at. */
export interface OpenedLines {
  /** Lines of NDJSON that match if and only if those that were opened do. */
  readonly ndjson: string;
  /** The position of what may match, at or after another one; -1 for none. Positions only grow. */
  readonly next: (from: number) => number;
}

/** Which lines to find. */
export interface LineFilter {
  /** Starts looking at lines of NDJSON. */
  open(ndjson: string): OpenedLines;
  /** Whether the line matches. */
  matches(line: TextLine): boolean;
}

/**
 * Takes pieces of NDJSON, cut anywhere, and yields the lines that match, in batches. Throws an AppFluxError `internal` if
 * it is not a log.
 */
export async function* scanLines(
  ndjson: AsyncIterable<string>,
  filter: LineFilter,
): AsyncGenerator<TextLine[]> {
  let rest = '';
  let worked = performance.now();
  for await (const piece of ndjson) {
    const text = rest + piece;
    const end = text.lastIndexOf('\n') + 1;
    rest = text.slice(end);
    yield matchingLines(text.slice(0, end), filter);
    if (performance.now() - worked < BREAK_AFTER_MS) continue;
    await breathe();
    worked = performance.now();
  }
  if (rest !== '') yield matchingLines(rest, filter);
}

/** The matching lines in NDJSON of whole lines. */
export function matchingLines(lines: string, filter: LineFilter): TextLine[] {
  const found: TextLine[] = [];
  if (lines === '') return found;
  const { ndjson, next } = filter.open(lines);
  for (let at = next(0); at !== -1; ) {
    const from = ndjson.lastIndexOf('\n', at - 1) + 1;
    const newline = ndjson.indexOf('\n', at);
    const to = newline === -1 ? ndjson.length : newline;
    if (to > from) {
      const line = readLine(ndjson.slice(from, to));
      if (filter.matches(line)) found.push(line);
    }
    at = to + 1 < ndjson.length ? next(to + 1) : -1;
  }
  return found;
}

/** Control characters that JSON leaves as they are, and the one letter whose lowercase is longer. */
const SPECIAL = /[\u007f-\u009f\u0130]/;

/** Colors as they are in JSON, unless a backslash before them makes them text. */
const COLORS = /(?<!\\)\\u001b\[[\d;]*m/g;

/** Lines whose visible text contains the words, ignoring case. */
export function searchFilter(query: string): LineFilter {
  const words = new RegExp(query.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`), 'giu');
  return {
    open(lines) {
      const ndjson = lines.includes('\\u001b') ? lines.replace(COLORS, '') : lines;
      // The visible text may differ from the JSON without an escape: every line may match.
      if (SPECIAL.test(ndjson)) return { ndjson, next: (from) => from };
      const nextWords = positionsOf((from) => {
        words.lastIndex = from;
        return words.exec(ndjson)?.index ?? -1;
      });
      // In a line without a backslash, JSON shows the text as it is.
      const nextEscape = positionsOf((from) => ndjson.indexOf('\\', from));
      return { ndjson, next: (from) => nearest(nextWords(from), nextEscape(from)) };
    },
    matches: ({ text }) => matchesIn(visibleTextOf(text), query).length > 0,
  };
}

/** Finds the next position at or after others, which only grow. Each part of the text is searched once. */
function positionsOf(find: (from: number) => number): (from: number) => number {
  let next = find(0);
  return (from) => {
    if (next !== -1 && next < from) next = find(from);
    return next;
  };
}

/** The smaller of two positions; -1 if there are none. */
function nearest(one: number, other: number): number {
  return one === -1 || other === -1 ? Math.max(one, other) : Math.min(one, other);
}
