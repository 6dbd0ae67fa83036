import type { TextLine } from './archive-lines.ts';
import {
  ERROR_LINES,
  type LineFilter,
  matchingLines,
  piecesOf,
  scanLines,
  searchFilter,
} from './archive-scan.ts';
import { ErrorStarts } from './error-lines.ts';
import type { Wanted } from './line-finder.ts';

/** Logs up to this length, in UTF-16 units of their NDJSON, are cached for the next search. */
const MAX_CACHED_LENGTH = 16_000_000;

/** Of a longer log, the matching lines are, up to this number. */
const MAX_CACHED_LINES = 20_000;

/** All lines that have some words. */
interface Known {
  readonly words: string;
  readonly lines: readonly TextLine[];
}

/** Opens the log's NDJSON. */
export type OpenLog = () => Promise<ReadableStream<Uint8Array>>;

/** Reads an archived log to find lines in it. Keeps a small log, and streams a large one each time. */
export class ArchiveReader {
  #cached: string | null = null;
  #known: Known | null = null;

  /**
   * Yields the sequence numbers of lines in batches, in order. Throws AppFluxErrors, what `open` throws, and the reason
   * of the signal. `open` isn't called for lines that are found in what was read before.
   */
  async *find(wanted: Wanted, signal: AbortSignal, open: OpenLog): AsyncGenerator<number[]> {
    const starts = wanted.kind === 'errors' ? new ErrorStarts() : null;
    const found: TextLine[] = [];
    let count = 0;
    for await (const lines of this.#lines(wanted, open)) {
      signal.throwIfAborted();
      count += lines.length;
      if (count <= MAX_CACHED_LINES) found.push(...lines);
      yield lines.filter(({ seq, text }) => starts?.add(seq, text) ?? true).map(({ seq }) => seq);
    }
    if (wanted.kind === 'words' && count <= MAX_CACHED_LINES)
      this.#known = { words: wanted.words, lines: found };
  }

  /** The matching lines in batches, from what is cached or from the log. */
  async *#lines(wanted: Wanted, open: OpenLog): AsyncGenerator<readonly TextLine[]> {
    const filter = wanted.kind === 'words' ? searchFilter(wanted.words) : ERROR_LINES;
    if (this.#cached !== null) yield matchingLines(this.#cached, filter);
    else if (this.#known !== null && wanted.kind === 'words' && narrows(wanted.words, this.#known.words))
      yield this.#known.lines.filter((line) => filter.matches(line));
    else yield* this.#read(filter, open);
  }

  async *#read(filter: LineFilter, open: OpenLog): AsyncGenerator<TextLine[]> {
    const kept = { pieces: [] as string[], length: 0 };
    yield* scanLines(piecesOf(await open()), filter, (piece) => {
      kept.length += piece.length;
      if (kept.length <= MAX_CACHED_LENGTH) kept.pieces.push(piece);
      else kept.pieces = [];
    });
    if (kept.length <= MAX_CACHED_LENGTH) this.#cached = kept.pieces.join('');
  }
}

/** Whether every line that has some words has other ones, too, with and without regard to case (see `matchesIn`). */
const narrows = (words: string, others: string): boolean =>
  words.includes(others) && words.toLowerCase().includes(others.toLowerCase());
