import type { AppFluxError } from '@appflux/protocol';
import { pause } from '#lib/time/pause.ts';
import { lineBatches, type TextLine } from './archive-lines.ts';
import type { Matches } from './content.ts';
import { toAppFluxError } from './page-loader.ts';
import { searchLines } from './search.ts';

/** The search starts this many milliseconds after the last key press. */
const DEBOUNCE_MS = 200;

/** The interval for updating the number of matches, in milliseconds: screen readers announce each update. */
const UPDATE_EVERY_MS = 250;

/** Logs up to this length, in UTF-16 units, are cached for the next search. */
const MAX_CACHED_LENGTH = 8_000_000;

/** A search through the whole archived log. It streams the lines, and caches those of small logs. */
export class ArchiveMatches implements Matches {
  readonly #open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;
  readonly #pause: typeof pause;
  #current = new AbortController();
  #cached: readonly TextLine[] | null = null;

  found = $state.raw<readonly number[]>([]);
  searching = $state(false);
  error = $state.raw<AppFluxError | null>(null);

  /** `open` returns the log's NDJSON. */
  constructor(open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>, wait = pause) {
    this.#open = open;
    this.#pause = wait;
  }

  search(query: string): void {
    this.stop();
    this.#current = new AbortController();
    this.found = this.#cached === null ? [] : searchLines(this.#cached, query);
    this.error = null;
    this.searching = query !== '' && this.#cached === null;
    if (this.searching) void this.#run(query, this.#current.signal);
  }

  stop(): void {
    this.#current.abort();
  }

  async #run(query: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#pause(DEBOUNCE_MS, signal);
      await this.#read(query, signal);
      this.searching = false;
    } catch (error) {
      if (signal.aborted) return;
      this.searching = false;
      this.error = toAppFluxError(error);
    }
  }

  async #read(query: string, signal: AbortSignal): Promise<void> {
    const all: number[] = [];
    let cached: TextLine[] | null = [];
    let length = 0;
    let updatedAt = performance.now();
    for await (const lines of lineBatches(await this.#open(signal))) {
      signal.throwIfAborted();
      all.push(...searchLines(lines, query));
      if (
        all.length > this.found.length &&
        (this.found.length === 0 || performance.now() - updatedAt > UPDATE_EVERY_MS)
      ) {
        updatedAt = performance.now();
        this.found = all.slice();
      }
      for (const { text } of lines) length += text.length;
      if (length > MAX_CACHED_LENGTH) cached = null;
      else cached?.push(...lines);
    }
    this.found = all;
    this.#cached = cached;
  }
}
