import { type TextLine, textOf } from './archive-lines.ts';
import { type LineFilter, matchingLines, scanLines } from './archive-scan.ts';

/** Logs up to this length, in UTF-16 units of their NDJSON, are cached for the next search. */
const MAX_CACHED_LENGTH = 16_000_000;

/** Reads an archived log to find lines in it. Keeps a small log, and streams a large one each time. */
export class ArchiveReader {
  readonly #open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;
  #cached: string | null = null;

  /** `open` returns the log's NDJSON. */
  constructor(open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>) {
    this.#open = open;
  }

  /** The matching lines of a log that is cached; null if it isn't. */
  findCached(filter: LineFilter): TextLine[] | null {
    return this.#cached === null ? null : matchingLines(this.#cached, filter);
  }

  /** Yields the matching lines in batches, in order. Throws what opening throws, and AppFluxErrors. */
  async *find(filter: LineFilter, signal: AbortSignal): AsyncGenerator<TextLine[]> {
    const kept = { pieces: [] as string[], length: 0 };
    const ndjson = this.#kept(textOf(await this.#open(signal)), kept);
    for await (const lines of scanLines(ndjson, filter)) {
      signal.throwIfAborted();
      yield lines;
    }
    if (kept.length <= MAX_CACHED_LENGTH) this.#cached = kept.pieces.join('');
  }

  /** Passes text on, and keeps it as long as it is short enough to be cached. */
  async *#kept(text: AsyncGenerator<string>, kept: { pieces: string[]; length: number }) {
    for await (const piece of text) {
      kept.length += piece.length;
      if (kept.length <= MAX_CACHED_LENGTH) kept.pieces.push(piece);
      else kept.pieces = [];
      yield piece;
    }
  }
}
