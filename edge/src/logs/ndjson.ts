/** NDJSON of log lines, in pieces of whole lines that have no newline at their end. */
import { type LogLine, LogLine as LogLineSchema, MAX_PAGE_LENGTH } from '@appflux/protocol';

/** Pieces as a stream of bytes, read as fast as it is taken. */
export function ndjsonStream(pieces: Iterable<string>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.iterator]();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = iterator.next();
      if (next.done) controller.close();
      else controller.enqueue(encoder.encode(`${next.value}\n`));
    },
  });
}

/** The text of a stream of bytes, piece by piece. */
export async function* piecesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = '';
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const upTo = text.lastIndexOf('\n');
    if (upTo === -1) {
      rest += text;
      continue;
    }
    const whole = rest + text.slice(0, upTo);
    rest = text.slice(upTo + 1);
    yield whole;
  }
  if (rest !== '') yield rest;
}

/**
 * The lines of one page: the first `limit`, and fewer when they are longer than MAX_PAGE_LENGTH together. There is
 * always one, unless there are no pieces.
 */
export function takePage(pieces: Iterable<string>, limit: number): LogLine[] {
  const lines: LogLine[] = [];
  let length = 0;
  for (const piece of pieces) {
    for (const text of piece.split('\n')) {
      length += text.length;
      if (lines.length === limit || (lines.length > 0 && length > MAX_PAGE_LENGTH)) return lines;
      lines.push(LogLineSchema.parse(JSON.parse(text)));
    }
  }
  return lines;
}
