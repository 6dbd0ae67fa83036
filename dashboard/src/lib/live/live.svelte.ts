import type { AppFluxError } from '@appflux/protocol';
import { toError } from '#lib/api/to-error.ts';
import { browserPage, type PageLifecycle } from './page-lifecycle.ts';

export interface LiveOptions<Value> {
  load(signal: AbortSignal): Promise<Value>;
  /** Milliseconds until the next load, given the current value; null for none. */
  pauseAfter(value: Value | null): number | null;
  page?: PageLifecycle;
}

/**
 * A value on the server, reloaded while the page is visible. If a reload fails, the last value stays, with the error
 * beside it.
 */
export class Live<Value> {
  readonly #options: LiveOptions<Value>;
  readonly #page: PageLifecycle;
  #value = $state.raw<Value | null>(null);
  #error = $state.raw<AppFluxError | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #started: AbortController | null = null;
  #loading: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  /** Counts calls of `replace`, so that a response to an earlier load does not overwrite the newer value. */
  #replaced = 0;

  constructor(options: LiveOptions<Value>) {
    this.#options = options;
    this.#page = options.page ?? browserPage;
  }

  /** Null until loaded. */
  get value(): Value | null {
    return this.#value;
  }

  /** Why the last load failed; null if it succeeded. */
  get error(): AppFluxError | null {
    return this.#error;
  }

  /** Starts loading. Returns a function that stops it, for `$effect`. */
  start(): () => void {
    const started = new AbortController();
    this.#started = started;
    const stopListening = this.#page.onWake(() => void this.refresh());
    void this.refresh();
    return () => {
      stopListening();
      clearTimeout(this.#timer);
      started.abort();
      if (this.#started === started) this.#started = null;
    };
  }

  /**
   * Loads now, or again after a load in progress, whose response may predate the reason to refresh. Does nothing
   * before `start` or after it was stopped.
   */
  refresh(): Promise<void> {
    const started = this.#started;
    if (started === null) return Promise.resolve();
    if (this.#loading === null) {
      this.#loading = this.#load(started.signal).finally(() => {
        this.#loading = null;
        this.#next = null;
      });
      return this.#loading;
    }
    this.#next ??= this.#loading.then(() => this.refresh());
    return this.#next;
  }

  /** Sets a newer value, such as the response of a call. */
  replace(value: Value): void {
    this.#replaced += 1;
    this.#value = value;
    this.#error = null;
    this.#schedule();
  }

  async #load(signal: AbortSignal): Promise<void> {
    const replaced = this.#replaced;
    try {
      const value = await this.#options.load(signal);
      if (signal.aborted) return;
      if (replaced === this.#replaced) this.#value = value;
      this.#error = null;
    } catch (error) {
      if (signal.aborted) return;
      this.#error = toError(error);
    }
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const pause = this.#options.pauseAfter(this.#value);
    if (pause === null || this.#started === null) return;
    this.#timer = setTimeout(() => {
      // If the page is hidden, `onWake` loads when it is visible again.
      if (this.#page.visible()) void this.refresh();
    }, pause);
  }
}
