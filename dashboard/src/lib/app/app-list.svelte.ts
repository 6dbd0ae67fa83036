import { allItems, type ClientPart } from '@appflux/client';
import { type App, type Deployment, hasEnded } from '@appflux/protocol';
import { SvelteMap } from 'svelte/reactivity';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';
import { sourceLabel } from '#lib/source/repository.ts';

const APPS_EVERY_MS = 30_000;

type Calls = ClientPart<{ apps: 'list'; deployments: 'listOf' }>;

/** An app's latest deployment that wasn't skipped: `undefined` until loaded, null when there is none. */
export type Latest = Deployment | null | undefined;

/** The user's apps, each with its latest deployment once it is in view. */
export class AppList {
  readonly #api: Calls;
  readonly #live: Live<App[]>;
  readonly #latest = new SvelteMap<string, Deployment | null>();

  /** The search terms, matched against names, slugs, sources, and types. */
  search = $state('');

  constructor(api: Calls, page?: PageLifecycle) {
    this.#api = api;
    this.#live = new Live<App[]>({
      load: (signal) => allItems((query) => api.apps.list(query, { signal })),
      pauseAfter: () => APPS_EVERY_MS,
      ...(page && { page }),
    });
  }

  /** All apps, newest first; null until loaded. */
  get all(): App[] | null {
    return this.#live.value;
  }

  get error() {
    return this.#live.error;
  }

  /** The apps that match every search term. */
  get found(): App[] {
    const words = this.search.toLowerCase().split(/\s+/).filter(Boolean);
    return (this.all ?? []).filter((app) => {
      const text =
        `${app.name} ${app.slug} ${sourceLabel(app.source)} ${app.type ?? app.detectedType ?? ''}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }

  start(): () => void {
    return this.#live.start();
  }

  refresh(): Promise<void> {
    return this.#live.refresh();
  }

  latest(slug: string): Latest {
    return this.#latest.get(slug);
  }

  /**
   * Loads an app's latest deployment. Returns the milliseconds until it should be loaded again. After a failure, the
   * last known deployment stays.
   */
  async loadLatest(slug: string): Promise<number> {
    try {
      const page = await this.#api.deployments.listOf(slug, { limit: 1, skipped: 'exclude' });
      this.#latest.set(slug, page.items[0] ?? null);
    } catch {
      // The list shows the error when the server is unreachable or the session has ended. A row adds nothing: its app may
      // just have been deleted, which the list shows soon.
      return APPS_EVERY_MS;
    }
    const latest = this.#latest.get(slug);
    return latest && !hasEnded(latest.status) ? 4000 : APPS_EVERY_MS;
  }
}
