/** The excerpt of the code that a tool prints with an error, found in the lines around it. Pure. */
import type { LogLine } from '@appflux/protocol';
import { plainText } from './ansi.ts';

/** How many lines before and after the line of an error are looked at. */
export const FRAME_BEFORE = 6;
export const FRAME_AFTER = 16;

/** The longest excerpt, in lines. */
const LONGEST = 12;

/** How much of a line is read, in UTF-16 units: reading thousands of escape sequences would hold up the page. */
const MOST_READ = 2000;

/** A line of the excerpt: its number and the code, or what is between such lines. */
const GUTTER = /^\s{0,8}(?:[>→]\s{0,4})?(?:\d{1,7}\s{0,3}[|│┃:]|\d{1,7} {1,2}(?=\S|$)|[|│┃:·┆╷╵╰╭┌└,`])/;
/** The mark below the code: a caret, a tilde, or a drawn line. */
const MARK = /^[\s\d|│┃:·┆>→╵]*(?:[\^~]+|[─━]*[┬┯][─━]*|╰─+)[\s^~─┬╰|│┃]*(?:\s.{0,200})?$/;

/**
 * Takes consecutive lines of a log and the line that reports the error. Returns the lines of the excerpt, which are
 * those next to the mark that shows the place; an empty array if the tool printed none.
 */
export function codeFrame(lines: readonly LogLine[], seq: number): LogLine[] {
  const at = lines.findIndex((line) => line.seq === seq);
  const error = lines[at];
  if (error === undefined) return [];
  const texts = lines.map(({ text, stream, phase }) =>
    stream === 'system' || phase !== error.phase ? null : plainText(text.slice(0, MOST_READ)).trimEnd(),
  );
  const mark = markAfter(texts, at) ?? markBefore(texts, at);
  if (mark === null) return [];
  let from = mark - 1;
  let to = mark;
  while (from - 1 >= 0 && from - 1 !== at && isGutter(texts[from - 1]) && to - from < LONGEST - 1) from -= 1;
  while (isGutter(texts[to + 1]) && to - from < LONGEST - 1) to += 1;
  return lines.slice(Math.max(0, from), to + 1);
}

function markAfter(texts: readonly (string | null)[], at: number): number | null {
  for (let index = at + 1; index <= Math.min(at + FRAME_AFTER, texts.length - 1); index += 1) {
    const text = texts[index];
    if (text === null || text === undefined) return null;
    if (index > at + 1 && isMark(text) && texts[index - 1] !== '') return index;
  }
  return null;
}

/** Node.js prints the excerpt before the error. */
function markBefore(texts: readonly (string | null)[], at: number): number | null {
  for (let index = at - 1; index >= Math.max(1, at - FRAME_BEFORE); index -= 1) {
    const text = texts[index];
    if (text === null || text === undefined) return null;
    if (isMark(text) && (texts[index - 1] ?? '') !== '') return index;
  }
  return null;
}

const isMark = (text: string): boolean => text.length <= 500 && /[\^~┬]|╰─/.test(text) && MARK.test(text);

const isGutter = (text: string | null | undefined): boolean =>
  typeof text === 'string' && text !== '' && GUTTER.test(text);
