import type { AppFluxError } from '@appflux/protocol';
import { toError } from '#lib/api/to-error.ts';
import { browserPage, type PageLife } from './page-life.ts';

export interface LiveOptions<Value> {
  load(signal: AbortSignal): Promise<Value>;
  /** Milliseconds until it is loaded again, given what is known now; null to leave it. */
  pauseAfter(value: Value | null): number | null;
  page?: PageLife;
}

/**
 * Something on the server that a page shows, loaded again and again while the page is looked at. A later
 * failure leaves the last value in place, with the error beside it.
 */
export class Live<Value> {
  readonly #options: LiveOptions<Value>;
  readonly #page: PageLife;
  #value = $state.raw<Value | null>(null);
  #error = $state.raw<AppFluxError | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #started: AbortController | null = null;
  #underWay: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  /** Counts what was put in place by hand, so that an older answer under way does not undo it. */
  #replaced = 0;

  constructor(options: LiveOptions<Value>) {
    this.#options = options;
    this.#page = options.page ?? browserPage;
  }

  /** Null until the first answer. */
  get value(): Value | null {
    return this.#value;
  }

  /** Why the last load failed; null when it did not. */
  get error(): AppFluxError | null {
    return this.#error;
  }

  /** Begins to load. Answers with a function that ends it, as `$effect` wants one. */
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
   * Loads now, or once more after a load that is under way, whose answer may be older than the reason to
   * ask. Does nothing before `start` or after its end.
   */
  refresh(): Promise<void> {
    const started = this.#started;
    if (started === null) return Promise.resolve();
    if (this.#underWay === null) {
      this.#underWay = this.#load(started.signal).finally(() => {
        this.#underWay = null;
        this.#next = null;
      });
      return this.#underWay;
    }
    this.#next ??= this.#underWay.then(() => this.refresh());
    return this.#next;
  }

  /** Puts a newer value in place, such as a call's answer. */
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
      // Nobody looks: `onWake` loads when somebody does again.
      if (this.#page.visible()) void this.refresh();
    }, pause);
  }
}
