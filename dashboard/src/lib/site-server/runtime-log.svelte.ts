import type { ClientPart, Connection } from '@appflux/client';
import type { AppFluxError, RuntimeFilter, RuntimeLine } from '@appflux/protocol';
import { toError } from '#lib/api/to-error.ts';
import { browserPage } from '#lib/live/page-lifecycle.ts';

/** How many lines are shown at most: the newest. A page stays quick with them, and older ones can be loaded again. */
export const MOST_LINES = 2_000;

const PAGE = 200;

interface LogOptions {
  slug: string;
  filter: RuntimeFilter;
  api: ClientPart<{ runtime: 'logs' | 'follow' }>;
  /** Schedules a batched update; by default after 100 milliseconds. */
  soon?(work: () => void): void;
}

/** The log of an app's servers: its newest lines, and new ones as they come. */
export class RuntimeLog {
  readonly #options: LogOptions;
  #arrived: RuntimeLine[] = [];
  #flushing = false;
  /** Where older lines begin; null if there are none. */
  #before = $state.raw<number | null>(null);
  #paused = $state(false);

  lines = $state.raw<readonly RuntimeLine[]>([]);
  /** Lines that came while it was paused. */
  held = $state(0);
  isLoaded = $state(false);
  isLoadingOlder = $state(false);
  connection = $state<Connection>('connecting');
  /** Why nothing is loaded, or nothing more comes. */
  error = $state.raw<AppFluxError | null>(null);
  /** Why older lines couldn't be loaded. */
  olderError = $state.raw<AppFluxError | null>(null);

  constructor(options: LogOptions) {
    this.#options = options;
  }

  get hasOlder(): boolean {
    return this.#before !== null && this.lines.length < MOST_LINES;
  }

  /** While it is paused, new lines are counted and not shown. */
  get paused(): boolean {
    return this.#paused;
  }

  set paused(value: boolean) {
    this.#paused = value;
    if (!value) this.#flush();
  }

  /** Loads the newest lines and follows. Returns a function that stops it. */
  start(): () => void {
    const stop = new AbortController();
    void this.#run(stop.signal);
    return () => stop.abort();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { api, slug, filter } = this.#options;
    try {
      const page = await api.runtime.logs(slug, { ...filter, limit: PAGE }, { signal });
      this.lines = page.items;
      this.#before = page.previousBefore;
      this.isLoaded = true;
      await api.runtime.follow(
        slug,
        { ...filter, after: page.lastSeq },
        {
          lines: (lines) => this.take(lines),
          connection: (connection) => {
            this.connection = connection;
          },
        },
        {
          signal,
          onWake: browserPage.onWake,
          unexpectedHint: 'Reload the page. It may be older than the server.',
        },
      );
    } catch (caught) {
      if (!signal.aborted) this.error = toError(caught);
    }
  }

  /** Adds lines, which are shown a moment later together with others. */
  take(lines: readonly RuntimeLine[]): void {
    this.#arrived.push(...lines);
    // Nobody reads what is gone again before it was shown.
    if (this.#arrived.length > MOST_LINES) this.#arrived.splice(0, this.#arrived.length - MOST_LINES);
    if (this.#flushing) return;
    this.#flushing = true;
    const soon = this.#options.soon ?? ((work: () => void) => void setTimeout(work, 100));
    soon(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  /** Shows the lines before the first one. */
  async loadOlder(): Promise<void> {
    if (this.#before === null || this.isLoadingOlder) return;
    const { api, slug, filter } = this.#options;
    this.isLoadingOlder = true;
    this.olderError = null;
    try {
      const page = await api.runtime.logs(slug, { ...filter, before: this.#before, limit: PAGE });
      this.lines = [...page.items, ...this.lines].slice(-MOST_LINES);
      this.#before = page.previousBefore;
    } catch (caught) {
      this.olderError = toError(caught);
    } finally {
      this.isLoadingOlder = false;
    }
  }

  #flush(): void {
    if (this.#paused) {
      this.held = this.#arrived.length;
      return;
    }
    this.held = 0;
    if (this.#arrived.length === 0) return;
    const all = [...this.lines, ...this.#arrived];
    this.#arrived = [];
    this.lines = all.slice(-MOST_LINES);
    const [first] = this.lines;
    if (all.length > MOST_LINES && first !== undefined) this.#before = first.seq;
  }
}

/** Whether a line has a text, in any case, in its own text, its stack, its request or its place. */
export function hasText(line: RuntimeLine, query: string): boolean {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return true;
  const { text, stack, request, place, cron } = line;
  return [text, stack, request?.path, request?.method, place?.file, cron].some((part) =>
    part?.toLowerCase().includes(wanted),
  );
}
