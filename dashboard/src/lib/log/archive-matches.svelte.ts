import type { AppFluxError } from '@appflux/protocol';
import { pause } from '#lib/time/pause.ts';
import type { ArchiveReader } from './archive-reader.ts';
import { type LineFilter, searchFilter } from './archive-scan.ts';
import type { Matches } from './content.ts';
import { toAppFluxError } from './page-loader.ts';

/** The search starts this many milliseconds after the last key press. */
const DEBOUNCE_MS = 120;

/** The interval for updating the number of matches, in milliseconds: screen readers announce each update. */
const UPDATE_EVERY_MS = 250;

/** A search through the whole archived log. */
export class ArchiveMatches implements Matches {
  readonly #reader: ArchiveReader;
  readonly #pause: typeof pause;
  #current = new AbortController();

  found = $state.raw<readonly number[]>([]);
  searching = $state(false);
  error = $state.raw<AppFluxError | null>(null);

  constructor(reader: ArchiveReader, wait = pause) {
    this.#reader = reader;
    this.#pause = wait;
  }

  search(query: string): void {
    this.stop();
    this.#current = new AbortController();
    this.error = null;
    const filter = searchFilter(query);
    const known = query === '' ? [] : this.#reader.findCached(filter);
    this.found = known?.map(({ seq }) => seq) ?? [];
    this.searching = known === null;
    if (known === null) void this.#run(filter, this.#current.signal);
  }

  stop(): void {
    this.#current.abort();
  }

  async #run(filter: LineFilter, signal: AbortSignal): Promise<void> {
    try {
      await this.#pause(DEBOUNCE_MS, signal);
      await this.#read(filter, signal);
      this.searching = false;
    } catch (error) {
      if (signal.aborted) return;
      this.searching = false;
      this.error = toAppFluxError(error);
    }
  }

  async #read(filter: LineFilter, signal: AbortSignal): Promise<void> {
    const all: number[] = [];
    let updatedAt = performance.now();
    for await (const lines of this.#reader.find(filter, signal)) {
      for (const { seq } of lines) all.push(seq);
      if (
        all.length > this.found.length &&
        (this.found.length === 0 || performance.now() - updatedAt > UPDATE_EVERY_MS)
      ) {
        updatedAt = performance.now();
        this.found = all.slice();
      }
    }
    this.found = all;
  }
}
