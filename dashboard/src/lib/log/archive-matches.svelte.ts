import type { AppFluxError } from '@appflux/protocol';
import { pause } from '#lib/time/pause.ts';
import { lineBatches, type TextLine } from './archive-lines.ts';
import type { Matches } from './content.ts';
import { toAppFluxError } from './page-loader.ts';
import { searchLines } from './search.ts';

/** Typing is over when no key was pressed for this many milliseconds. */
const TYPED_MS = 200;

/** How often the number of matches so far is updated, in milliseconds: a screen reader reads it out each time. */
const TOLD_EVERY_MS = 250;

/** The text of a log up to this length, in UTF-16 units, is kept for the next search. */
const MAX_KEPT = 8_000_000;

/** A search through the whole archived log, whose lines pass by and are not kept, unless they are few. */
export class ArchiveMatches implements Matches {
  readonly #open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;
  readonly #pause: typeof pause;
  #current = new AbortController();
  #kept: readonly TextLine[] | null = null;

  found = $state.raw<readonly number[]>([]);
  searching = $state(false);
  error = $state.raw<AppFluxError | null>(null);

  /** `open` gives the log's NDJSON. */
  constructor(open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>, wait = pause) {
    this.#open = open;
    this.#pause = wait;
  }

  search(words: string): void {
    this.stop();
    this.#current = new AbortController();
    this.found = this.#kept === null ? [] : searchLines(this.#kept, words);
    this.error = null;
    this.searching = words !== '' && this.#kept === null;
    if (this.searching) void this.#run(words, this.#current.signal);
  }

  stop(): void {
    this.#current.abort();
  }

  async #run(words: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#pause(TYPED_MS, signal);
      await this.#read(words, signal);
      this.searching = false;
    } catch (error) {
      if (signal.aborted) return;
      this.searching = false;
      this.error = toAppFluxError(error);
    }
  }

  async #read(words: string, signal: AbortSignal): Promise<void> {
    const all: number[] = [];
    let kept: TextLine[] | null = [];
    let length = 0;
    let told = performance.now();
    for await (const lines of lineBatches(await this.#open(signal))) {
      signal.throwIfAborted();
      all.push(...searchLines(lines, words));
      if (
        all.length > this.found.length &&
        (this.found.length === 0 || performance.now() - told > TOLD_EVERY_MS)
      ) {
        told = performance.now();
        this.found = all.slice();
      }
      for (const { text } of lines) length += text.length;
      if (length > MAX_KEPT) kept = null;
      else kept?.push(...lines);
    }
    this.found = all;
    this.#kept = kept;
  }
}
