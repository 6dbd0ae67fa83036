import { Live, type LiveOptions } from './live.svelte.ts';

/** Something on the server that a page shows whole. Subclasses say how it is loaded, and what changes it. */
export class LiveResource<Value> {
  readonly #live: Live<Value>;

  constructor(options: LiveOptions<Value>) {
    this.#live = new Live(options);
  }

  /** Lists are newest first; null until loaded. */
  get all(): Value | null {
    return this.#live.value;
  }

  /** Why the last load failed; null if it succeeded. */
  get error() {
    return this.#live.error;
  }

  /** Starts loading. Returns a function that stops it, for `$effect`. */
  start(): () => void {
    return this.#live.start();
  }

  /** Loads again. */
  refresh(): Promise<void> {
    return this.#live.refresh();
  }
}
