/** Parses the NDJSON of an archived log, for search and for copying. */
import { AppFluxError } from '@appflux/protocol';
import { breathe } from '#lib/time/breathe.ts';

export interface TextLine {
  readonly seq: number;
  readonly stream: string;
  readonly text: string;
}

/** Yields to the event loop after this many milliseconds of work, so that the page stays responsive. */
const BREAK_AFTER_MS = 12;

/** Reads NDJSON in batches. Throws an AppFluxError `internal` if it is not a log. */
export async function* lineBatches(ndjson: ReadableStream<Uint8Array>): AsyncGenerator<TextLine[]> {
  let rest = '';
  let worked = performance.now();
  for await (const text of textOf(ndjson)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) yield lines.map(readLine);
    if (performance.now() - worked < BREAK_AFTER_MS) continue;
    await breathe();
    worked = performance.now();
  }
  if (rest !== '') yield [readLine(rest)];
}

/** The text of a stream of UTF-8. */
async function* textOf(bytes: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of chunksOf(bytes)) yield decoder.decode(chunk, { stream: true });
}

/** The chunks of a stream. Uses a reader: not every browser can iterate streams. */
export async function* chunksOf(bytes: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = bytes.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}

/** Parses a line. Throws an AppFluxError `internal` if it is none. */
export function readLine(json: string): TextLine {
  const line: unknown = JSON.parse(json);
  if (typeof line === 'object' && line !== null && 'seq' in line && 'text' in line && 'stream' in line) {
    const { seq, stream, text } = line;
    if (typeof seq === 'number' && typeof stream === 'string' && typeof text === 'string')
      return { seq, stream, text };
  }
  throw new AppFluxError('internal', 'The server sent log lines that this page doesn’t understand.', {
    hint: 'Reload the page. It may be older than the server.',
  });
}
