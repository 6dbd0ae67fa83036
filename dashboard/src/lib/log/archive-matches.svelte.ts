import type { AppFluxError } from '@appflux/protocol';
import { pause } from '#lib/time/pause.ts';
import type { Matches } from './content.ts';
import type { LineFinder } from './line-finder.ts';
import { toAppFluxError } from './page-loader.ts';

/** A log that has to be loaded is loaded this many milliseconds after the last key press. */
const DEBOUNCE_MS = 120;

/** The interval for updating the number of matches, in milliseconds: screen readers announce each update. */
const UPDATE_EVERY_MS = 250;

/** A search through the whole archived log. */
export class ArchiveMatches implements Matches {
  readonly #finder: LineFinder;
  readonly #pause: typeof pause;
  #current = new AbortController();
  #hurry = (): void => undefined;

  found = $state.raw<readonly number[]>([]);
  searching = $state(false);
  error = $state.raw<AppFluxError | null>(null);

  constructor(finder: LineFinder, wait = pause) {
    this.#finder = finder;
    this.#pause = wait;
  }

  search(query: string): void {
    this.stop();
    this.#current = new AbortController();
    this.error = null;
    this.found = [];
    this.searching = query !== '';
    if (query !== '') void this.#run(query, this.#current.signal);
  }

  hurry(): void {
    this.#hurry();
  }

  stop(): void {
    this.#current.abort();
  }

  async #run(words: string, signal: AbortSignal): Promise<void> {
    const hurried = Promise.withResolvers<void>();
    this.#hurry = hurried.resolve;
    try {
      await this.#read(words, signal, () =>
        Promise.race([this.#pause(DEBOUNCE_MS, signal), hurried.promise]),
      );
      this.searching = false;
    } catch (error) {
      if (signal.aborted) return;
      this.searching = false;
      this.error = toAppFluxError(error);
    }
  }

  async #read(words: string, signal: AbortSignal, beforeLoading: () => Promise<void>): Promise<void> {
    const all: number[] = [];
    let updatedAt = performance.now();
    for await (const lines of this.#finder.find({ kind: 'words', words }, { signal, beforeLoading })) {
      for (const seq of lines) all.push(seq);
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
