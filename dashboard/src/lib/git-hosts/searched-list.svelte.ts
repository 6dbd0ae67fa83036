import type { AppFluxError, Page } from '@appflux/protocol';
import { toError } from '#lib/api/to-error.ts';

/** How long typing may pause before the list is searched. */
const TYPING_MS = 250;

/** How many pages without items are passed over in one load. */
const MOST_EMPTY_PAGES = 20;

type Load<Item> = (
  query: { search?: string; cursor?: string },
  options: { signal: AbortSignal },
) => Promise<Page<Item>>;

/** A list on the server that is searched as someone types, and loaded page by page. */
export class SearchedList<Item> {
  readonly #load: Load<Item>;
  readonly #typingMs: number;
  #search = $state('');
  #page = $state.raw<Page<Item> | null>(null);
  #error = $state.raw<AppFluxError | null>(null);
  #loading = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #current = new AbortController();

  constructor(load: Load<Item>, typingMs = TYPING_MS) {
    this.#load = load;
    this.#typingMs = typingMs;
  }

  get search(): string {
    return this.#search;
  }

  /** Searches once typing pauses. */
  set search(text: string) {
    this.#search = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.load(), this.#typingMs);
  }

  /** The loaded items; null until loaded. */
  get items(): readonly Item[] | null {
    return this.#page?.items ?? null;
  }

  get hasMore(): boolean {
    return this.#page?.nextCursor != null;
  }

  get loading(): boolean {
    return this.#loading;
  }

  /** Why the last load failed; null if it succeeded. */
  get error(): AppFluxError | null {
    return this.#error;
  }

  /** Loads the first page of what is searched for. An earlier search that is still loading is dropped. */
  async load(): Promise<void> {
    await this.#fetch(null);
  }

  /** Loads the next page. */
  async loadMore(): Promise<void> {
    const cursor = this.#page?.nextCursor;
    if (cursor != null && !this.#loading) await this.#fetch(cursor);
  }

  /** Drops what is loading. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#current.abort();
  }

  async #fetch(cursor: string | null): Promise<void> {
    this.stop();
    const current = new AbortController();
    this.#current = current;
    this.#loading = true;
    const before = cursor === null ? [] : (this.#page?.items ?? []);
    try {
      const page = await this.#firstFilled(cursor, current);
      if (current.signal.aborted) return;
      this.#page = { ...page, items: [...before, ...page.items] };
      this.#error = null;
    } catch (error) {
      if (current.signal.aborted) return;
      this.#error = toError(error);
    }
    this.#loading = false;
  }

  /** The next page that has items: a search may find nothing on one page and something on the next. */
  async #firstFilled(cursor: string | null, { signal }: AbortController): Promise<Page<Item>> {
    const search = this.#search.trim();
    let at = cursor;
    for (let left = MOST_EMPTY_PAGES; ; left -= 1) {
      const query = { ...(search && { search }), ...(at !== null && { cursor: at }) };
      const page = await this.#load(query, { signal });
      if (page.items.length > 0 || page.nextCursor === null || left === 0 || signal.aborted) return page;
      at = page.nextCursor;
    }
  }
}
