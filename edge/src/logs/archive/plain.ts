/**
 * Archives without an index, which versions before it wrote. Each question unpacks them from the beginning; how long
 * that takes is bounded by the log's cap. Line n of an archive is number n.
 */
import { type LogLine, type LogOutline, MAX_PAGE_LENGTH } from '@appflux/protocol';
import { blocksOf, piecesOf, takePage } from '../ndjson.ts';
import { OutlineBuilder } from './outline.ts';

const NEWLINE = 10;

/** A page of the lines after `after`, and the number of the last line there is. */
export async function plainPage(
  ndjson: ReadableStream<Uint8Array>,
  after: number,
  limit: number,
): Promise<{ items: LogLine[]; lastSeq: number }> {
  const decoder = new TextDecoder();
  let text = '';
  let seen = 0;
  for await (const bytes of blocksOf(ndjson)) {
    // Where the page's bytes begin and end in these; lines outside of it are only counted, which is much faster.
    let from = seen >= after ? 0 : bytes.length;
    let to = bytes.length;
    if (seen >= after + limit || text.length > MAX_PAGE_LENGTH) to = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) {
      seen += 1;
      if (seen === after) from = at + 1;
      if (seen === after + limit) to = Math.min(to, at + 1);
    }
    if (from < to) text += decoder.decode(bytes.subarray(from, to), { stream: true });
  }
  const whole = text.slice(0, text.lastIndexOf('\n'));
  return { items: whole === '' ? [] : takePage([whole], limit), lastSeq: seen };
}

/** NDJSON of the lines after `after`, in pieces; returns the number of the last line there is. */
export async function* plainLinesAfter(
  ndjson: ReadableStream<Uint8Array>,
  after: number,
): AsyncGenerator<string, number> {
  let seen = 0;
  for await (const piece of piecesOf(ndjson)) {
    const lines = piece.split('\n');
    const skip = Math.max(0, after - seen);
    seen += lines.length;
    if (skip < lines.length) yield skip === 0 ? piece : lines.slice(skip).join('\n');
  }
  return seen;
}

/** The outline of all lines. */
export async function plainOutline(ndjson: ReadableStream<Uint8Array>): Promise<LogOutline> {
  const outline = new OutlineBuilder();
  for await (const piece of piecesOf(ndjson)) for (const line of piece.split('\n')) outline.add(line);
  return outline.outline();
}
