import { AppFluxError, isAppFluxError, type LogLine, type LogPage } from '@appflux/protocol';
import { pause } from '#lib/time/pause.ts';
import { PAGE_LINES } from './line-pages.ts';

export interface PageLoaderOptions {
  /** Fetches up to `limit` lines after a line. */
  fetch(after: number, limit: number, signal: AbortSignal): Promise<LogPage>;
  /** Whether a page is loaded. */
  has(page: number): boolean;
  /** Called with a complete page. */
  loaded(page: number, lines: readonly LogLine[]): void;
  /** Called with a page that is damaged in storage. */
  damaged(page: number): void;
  /** Called with the error while loading fails, and with null once it succeeds. */
  errorChanged(error: AppFluxError | null): void;
  pause?: typeof pause;
}

/** The rows in view are on at most two pages. */
const PAGES_IN_VIEW = 2;

/** Pages that are in view for less than this many milliseconds, as while scrolling, are not loaded. */
const SETTLED_MS = 40;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Loads the pages in view and then those around them, one at a time. Retries while the server can't be reached, and
 * stops when it refuses.
 */
export class PageLoader {
  readonly #options: PageLoaderOptions;
  readonly #waiting = new Map<number, PromiseWithResolvers<void>>();
  readonly #stop = new AbortController();
  /** Newest first. */
  #inView: readonly number[] = [];
  #lastPage = 0;
  #scheduled: ReturnType<typeof setTimeout> | undefined;
  #running = false;

  constructor(options: PageLoaderOptions) {
    this.#options = options;
  }

  /** Reports that rows of a page are in view. */
  view(page: number): void {
    if (this.#inView[0] === page) return;
    this.#inView = [page, ...this.#inView.filter((other) => other !== page)].slice(0, PAGES_IN_VIEW);
    clearTimeout(this.#scheduled);
    this.#scheduled = setTimeout(() => void this.#run(), SETTLED_MS);
  }

  /** Loads a page immediately. Resolves when it is loaded, or can't be. */
  load(page: number): Promise<void> {
    if (this.#stop.signal.aborted || this.#options.has(page)) return Promise.resolve();
    const waiting = this.#waiting.get(page) ?? Promise.withResolvers<void>();
    this.#waiting.set(page, waiting);
    void this.#run();
    return waiting.promise;
  }

  /** Stops loading. */
  stop(): void {
    this.#stop.abort();
    clearTimeout(this.#scheduled);
    for (const { resolve } of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }

  /** The page to load next: awaited ones first, then those in view, then their neighbors. */
  #next(): number | null {
    const [newest] = this.#inView;
    const around = newest === undefined ? [] : [newest + 1, newest - 1];
    const wanted = [
      ...this.#waiting.keys(),
      ...this.#inView,
      ...around.filter((page) => page <= this.#lastPage),
    ];
    return wanted.find((page) => page >= 0 && !this.#options.has(page)) ?? null;
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const { signal } = this.#stop;
    let failures = 0;
    for (let page = this.#next(); page !== null && !signal.aborted; page = this.#next()) {
      try {
        await this.#fetch(page, signal);
        failures = 0;
      } catch (error) {
        // Stopped.
        if (signal.aborted) break;
        failures += 1;
        await this.#failed(page, error, failures);
        continue;
      }
      this.#options.errorChanged(null);
      this.#settle(page);
    }
    this.#running = false;
  }

  async #fetch(page: number, signal: AbortSignal): Promise<void> {
    const lines: LogLine[] = [];
    const first = page * PAGE_LINES;
    let wanted = PAGE_LINES;
    while (lines.length < wanted) {
      const { items, lastSeq } = await this.#options.fetch(
        first + lines.length,
        wanted - lines.length,
        signal,
      );
      this.#lastPage = Math.floor(Math.max(0, lastSeq - 1) / PAGE_LINES);
      wanted = Math.min(PAGE_LINES, Math.max(0, lastSeq - first));
      lines.push(...items);
      if (items.length === 0) break;
    }
    signal.throwIfAborted();
    this.#options.loaded(page, lines);
  }

  async #failed(page: number, error: unknown, failures: number): Promise<void> {
    if (isAppFluxError(error, 'log_damaged')) {
      this.#options.damaged(page);
      this.#settle(page);
      return;
    }
    this.#options.errorChanged(toAppFluxError(error));
    if (!isRetryable(error)) {
      this.stop();
      return;
    }
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
    try {
      await (this.#options.pause ?? pause)(longest * (0.5 + Math.random() / 2), this.#stop.signal);
    } catch {
      // Stopped while waiting, which the caller checks.
    }
  }

  #settle(page: number): void {
    this.#waiting.get(page)?.resolve();
    this.#waiting.delete(page);
  }
}

/** Whether a retry may succeed. */
export const isRetryable = (error: unknown): boolean =>
  (['unavailable', 'internal', 'too_many_requests'] as const).some((code) => isAppFluxError(error, code));

export const toAppFluxError = (error: unknown): AppFluxError =>
  isAppFluxError(error)
    ? error
    : new AppFluxError('internal', 'Couldn’t load the log. Reload the page.', { cause: error });
