import { allItems, type ClientPart } from '@appflux/client';
import type { ActiveApp } from '@appflux/protocol';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';
import { isMoving } from './app-choice.ts';

const AT_REST_MS = 30_000;
const WHILE_MOVING_MS = 4000;

type Calls = ClientPart<{ apps: 'listActive' | 'addFavourite' | 'removeFavourite' }>;

/** The apps of the user's team, each with what happened to it last. */
export class AppList {
  readonly #api: Calls;
  readonly #live: Live<ActiveApp[]>;

  constructor(api: Calls, page?: PageLifecycle) {
    this.#api = api;
    this.#live = new Live<ActiveApp[]>({
      load: (signal) => allItems((query) => api.apps.listActive(query, { signal })),
      pauseAfter: (apps) => (apps?.some(isMoving) ? WHILE_MOVING_MS : AT_REST_MS),
      ...(page && { page }),
    });
  }

  /** All apps, newest first; null until loaded. */
  get all(): ActiveApp[] | null {
    return this.#live.value;
  }

  get error() {
    return this.#live.error;
  }

  start(): () => void {
    return this.#live.start();
  }

  refresh(): Promise<void> {
    return this.#live.refresh();
  }

  /** Marks an app as the user's favourite or not. It shows immediately, and is taken back if the call fails, which throws. */
  async setFavourite(slug: string, isFavourite: boolean): Promise<void> {
    this.#show(slug, isFavourite);
    try {
      await (isFavourite ? this.#api.apps.addFavourite(slug) : this.#api.apps.removeFavourite(slug));
    } catch (error) {
      this.#show(slug, !isFavourite);
      throw error;
    }
  }

  #show(slug: string, isFavourite: boolean): void {
    const apps = this.#live.value;
    if (apps === null) return;
    this.#live.replace(
      apps.map((app) => (app.slug === slug ? { ...app, activity: { ...app.activity, isFavourite } } : app)),
    );
  }
}
