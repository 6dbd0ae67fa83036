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

/** So many bytes at a time: each read costs more than what it reads. */
const READ_BYTES = 256 * 1024;

/** The bytes of a stream of the platform's own, in large blocks. Each block is good until the next one is asked for. */
export async function* blocksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader({ mode: 'byob' });
  try {
    for (let buffer = new ArrayBuffer(READ_BYTES); ; ) {
      const { done, value } = await reader.readAtLeast(READ_BYTES, new Uint8Array(buffer));
      if (value !== undefined && value.length > 0) yield value;
      if (done || value === undefined) return;
      buffer = value.buffer;
    }
  } finally {
    await reader.cancel();
  }
}

/** The text of such a stream, piece by piece. */
export async function* piecesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of blocksOf(stream)) {
    const text = rest + decoder.decode(bytes, { stream: true });
    const upTo = text.lastIndexOf('\n');
    if (upTo !== -1) yield text.slice(0, upTo);
    rest = text.slice(upTo + 1);
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
