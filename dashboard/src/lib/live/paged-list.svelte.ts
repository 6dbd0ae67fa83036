import type { AppFluxError, Page } from '@appflux/protocol';
import { toError } from '#lib/api/to-error.ts';
import { Live } from './live.svelte.ts';
import type { PageLifecycle } from './page-lifecycle.ts';

export interface PagedListOptions<Item> {
  /** Loads a page; the first one without a cursor. */
  load(cursor: string | undefined, signal?: AbortSignal): Promise<Page<Item>>;
  /** Milliseconds until the newest page is loaded again, given its items; null for never. */
  pauseAfter(newest: readonly Item[] | null): number | null;
  page?: PageLifecycle;
}

/** A list on the server, newest first: its newest page is kept up to date, older ones are loaded when asked for. */
export class PagedList<Item extends { id: string }> {
  readonly #load: PagedListOptions<Item>['load'];
  readonly #newest: Live<Page<Item>>;
  #older = $state.raw<Page<Item> | null>(null);
  #moreError = $state.raw<AppFluxError | null>(null);
  #loadingMore = $state(false);

  constructor({ load, pauseAfter, page }: PagedListOptions<Item>) {
    this.#load = load;
    this.#newest = new Live<Page<Item>>({
      load: (signal) => load(undefined, signal),
      pauseAfter: (newest) => pauseAfter(newest?.items ?? null),
      ...(page && { page }),
    });
  }

  /**
   * What is loaded, newest first; null until loaded. The newest page is reloaded and shifts, older pages are not: an item
   * can be on both, so duplicates are dropped.
   */
  get items(): Item[] | null {
    const newest = this.#newest.value;
    if (newest === null) return null;
    const shown = new Map(newest.items.map((item) => [item.id, item]));
    for (const item of this.#older?.items ?? []) if (!shown.has(item.id)) shown.set(item.id, item);
    return [...shown.values()];
  }

  /** Why the last load of the newest page failed; null if it succeeded. */
  get error(): AppFluxError | null {
    return this.#newest.error;
  }

  get hasMore(): boolean {
    return (this.#older ?? this.#newest.value)?.nextCursor != null;
  }

  get loadingMore(): boolean {
    return this.#loadingMore;
  }

  /** Why the last load of an older page failed; null if it succeeded. */
  get moreError(): AppFluxError | null {
    return this.#moreError;
  }

  /** Starts loading. Returns a function that stops it, for `$effect`. */
  start(): () => void {
    return this.#newest.start();
  }

  /** Loads the newest page again. */
  refresh(): Promise<void> {
    return this.#newest.refresh();
  }

  /** Loads the newest page again and drops the older ones, for a list that is narrowed in another way. */
  async reset(): Promise<void> {
    this.#older = null;
    await this.refresh();
  }

  /** Loads the next page of older items. Errors are in `moreError`. */
  async loadMore(): Promise<void> {
    const newest = this.#newest.value;
    const cursor = (this.#older ?? newest)?.nextCursor;
    if (newest === null || cursor == null || this.#loadingMore) return;
    this.#loadingMore = true;
    this.#moreError = null;
    try {
      const next = await this.#load(cursor);
      // Keeps the newest page as well: items that shift off it later must not vanish from the middle of the list.
      const loaded = this.#older?.items ?? newest.items;
      this.#older = { items: [...loaded, ...next.items], nextCursor: next.nextCursor };
    } catch (error) {
      this.#moreError = toError(error);
    } finally {
      this.#loadingMore = false;
    }
  }
}
