import type { AppFluxError } from '@appflux/protocol';
import type { Errors } from './content.ts';
import type { LineFinder } from './line-finder.ts';
import { toAppFluxError } from './page-loader.ts';

/** The interval for showing further errors, in milliseconds. */
const UPDATE_EVERY_MS = 250;

/** The errors in an archived log. They are looked for once, when somebody asks for them. */
export class ArchiveErrors implements Errors {
  readonly #finder: LineFinder;
  readonly #stop = new AbortController();
  #begun = false;

  found = $state.raw<readonly number[]>([]);
  complete = $state(false);
  error = $state.raw<AppFluxError | null>(null);

  constructor(finder: LineFinder) {
    this.#finder = finder;
  }

  find(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.error = null;
    void this.#run();
  }

  stop(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    try {
      await this.#read();
      this.complete = true;
    } catch (error) {
      // Stopped: nobody looks at it any more.
      if (this.#stop.signal.aborted) return;
      this.error = toAppFluxError(error);
      this.#begun = false;
    }
  }

  async #read(): Promise<void> {
    const all: number[] = [];
    let updatedAt = Number.NEGATIVE_INFINITY;
    for await (const lines of this.#finder.find({ kind: 'errors' }, { signal: this.#stop.signal })) {
      for (const seq of lines) all.push(seq);
      if (all.length === this.found.length || performance.now() - updatedAt < UPDATE_EVERY_MS) continue;
      updatedAt = performance.now();
      this.found = all.slice();
    }
    this.found = all;
  }
}
