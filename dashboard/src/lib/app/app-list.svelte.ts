import { allItems, type ClientPart } from '@appflux/client';
import { type App, type Deployment, hasEnded } from '@appflux/protocol';
import { SvelteMap } from 'svelte/reactivity';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLife } from '#lib/live/page-life.ts';
import { sourceLabel } from '#lib/source/repository.ts';

const APPS_EVERY_MS = 30_000;

type Calls = ClientPart<{ apps: 'list'; deployments: 'listOf' }>;

/** What is known of an app's latest deployment: `undefined` until it is, null when there is none. */
export type Latest = Deployment | null | undefined;

/** The apps of the person signed in, each with its latest deployment once it comes into view. */
export class AppList {
  readonly #api: Calls;
  readonly #live: Live<App[]>;
  readonly #latest = new SvelteMap<string, Deployment | null>();

  /** What is sought, in names, slugs and sources. */
  search = $state('');

  constructor(api: Calls, page?: PageLife) {
    this.#api = api;
    this.#live = new Live<App[]>({
      load: (signal) => allItems((query) => api.apps.list(query, { signal })),
      pauseAfter: () => APPS_EVERY_MS,
      ...(page && { page }),
    });
  }

  /** All apps, newest first; null until the first answer. */
  get all(): App[] | null {
    return this.#live.value;
  }

  get error() {
    return this.#live.error;
  }

  /** The apps that hold every word sought. */
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
   * Asks for an app's latest deployment: of an app that comes into view. Answers with the milliseconds
   * after which to ask again. A failure leaves what was known; the next time asks anew.
   */
  async look(slug: string): Promise<number> {
    try {
      const page = await this.#api.deployments.listOf(slug, { limit: 1 });
      this.#latest.set(slug, page.items[0] ?? null);
    } catch {
      // The list itself says what is wrong when the server is away or the session is over; a single app may
      // have been deleted a moment ago, which the list shows soon. There is nothing to add for one row.
      return APPS_EVERY_MS;
    }
    const known = this.#latest.get(slug);
    return known && !hasEnded(known.status) ? 4000 : APPS_EVERY_MS;
  }
}
