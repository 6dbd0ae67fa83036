/** Finds lines in the NDJSON of an archived log. Only lines that may match are parsed: a log can have a million. */
import { breathe } from '#lib/time/breathe.ts';
import { chunksOf, readLine, type TextLine } from './archive-lines.ts';
import { ERROR_SIGNAL, outputTone } from './error-lines.ts';
import { matchesIn, visibleTextOf } from './search.ts';

/** Yields to the event loop after this many milliseconds of work, so that a search can be stopped. */
const BREAK_AFTER_MS = 12;

/** A part of NDJSON, cut anywhere. */
export interface Piece {
  readonly text: string;
  /** Whether it may have one of the characters that JSON leaves as they are, and the viewer doesn't. */
  readonly special: boolean;
}

/** NDJSON whose lines are looked at. */
export interface OpenedLines {
  /** Lines of NDJSON that match if and only if those that were opened do. */
  readonly ndjson: string;
  /** The position of what may match, at or after another one; -1 for none. Positions only grow. */
  readonly next: (from: number) => number;
}

/** Which lines to find. */
export interface LineFilter {
  /** Starts looking at lines of NDJSON. `special`: see Piece. */
  open(ndjson: string, special: boolean): OpenedLines;
  /** Whether the line matches. */
  matches(line: TextLine): boolean;
}

/** The pieces of a stream of UTF-8. */
export async function* piecesOf(bytes: ReadableStream<Uint8Array>): AsyncGenerator<Piece> {
  const decoder = new TextDecoder();
  for await (const chunk of chunksOf(bytes)) {
    yield { text: decoder.decode(chunk, { stream: true }), special: maySpecial(chunk) };
  }
}

/**
 * Whether UTF-8 may have a character of SPECIAL, whose first bytes are 7F, C2 and C4. A regular expression for them takes
 * longer than all the rest of a search: this looks at four bytes at a time.
 */
export function maySpecial(bytes: Uint8Array): boolean {
  const head = -bytes.byteOffset & 3;
  if (bytes.length < head) return hasSpecial(bytes, 0, bytes.length);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + head, (bytes.length - head) >> 2);
  if (hasSpecial(bytes, 0, head) || hasSpecial(bytes, head + 4 * words.length, bytes.length)) return true;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] as number;
    // Adding one to each byte sets the high bit of 7F, too.
    if (((word | (word + 0x01010101)) & 0x80808080) === 0) continue;
    const at = head + 4 * index;
    if (hasSpecial(bytes, at, at + 4)) return true;
  }
  return false;
}

function hasSpecial(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at];
    if (byte === 0x7f || byte === 0xc2 || byte === 0xc4) return true;
  }
  return false;
}

/**
 * Takes pieces of NDJSON, cut anywhere, and yields the lines that match, in batches. Throws an AppFluxError `internal` if
 * it is not a log.
 * @param seen called with the text of each piece
 */
export async function* scanLines(
  pieces: AsyncIterable<Piece>,
  filter: LineFilter,
  seen: (text: string) => void,
): AsyncGenerator<TextLine[]> {
  let rest: Piece = { text: '', special: false };
  let worked = performance.now();
  for await (const piece of pieces) {
    seen(piece.text);
    const text = rest.text + piece.text;
    // A character may be cut in two, and belong to the next piece.
    const special = rest.special || piece.special;
    const end = text.lastIndexOf('\n') + 1;
    rest = { text: text.slice(end), special: end === 0 ? special : piece.special };
    yield matchingLines(text.slice(0, end), filter, special);
    if (performance.now() - worked < BREAK_AFTER_MS) continue;
    await breathe();
    worked = performance.now();
  }
  if (rest.text !== '') yield matchingLines(rest.text, filter, rest.special);
}

/** The matching lines in NDJSON of whole lines. `special`: see Piece. */
export function matchingLines(lines: string, filter: LineFilter, special = true): TextLine[] {
  const found: TextLine[] = [];
  if (lines === '') return found;
  const { ndjson, next } = filter.open(lines, special);
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

/**
 * Colors as they are in JSON, unless a backslash before them makes them text. One after a carriage return stays: without
 * it, that would be the end of the line and not the beginning of what is written over it.
 */
const COLORS = /(?<!\\|\\r)\\u001b\[[\d;]*m/g;

/** Lines whose visible text contains the words, ignoring case. */
export function searchFilter(query: string): LineFilter {
  const words = new RegExp(query.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`), 'giu');
  return {
    open(lines, special) {
      const ndjson = lines.includes('\\u001b') ? lines.replace(COLORS, '') : lines;
      // The visible text may differ from the JSON without an escape: every line may match.
      if (special && SPECIAL.test(ndjson)) return { ndjson, next: (from) => from };
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

/** The build's own lines that report an error. */
export const ERROR_LINES: LineFilter = {
  open(ndjson) {
    const signal = new RegExp(ERROR_SIGNAL, 'gi');
    const next = (from: number) => {
      signal.lastIndex = from;
      return signal.exec(ndjson)?.index ?? -1;
    };
    return { ndjson, next };
  },
  matches: ({ stream, text }) => stream !== 'system' && outputTone(text) === 'error',
};

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
