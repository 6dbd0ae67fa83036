import type { ClientPart } from '@appflux/client';
import type { App, Deployment } from '@appflux/protocol';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

type Calls = ClientPart<{ apps: 'get'; deployments: 'get' }>;

interface Released {
  app: App;
  /** The current release; null if there is none. */
  current: Deployment | null;
}

/** An app and its release, for the pages of its deployments. */
export class LiveApp {
  readonly #api: Calls;
  readonly #live: Live<Released>;

  constructor(slug: string, api: Calls, page?: PageLifecycle) {
    this.#api = api;
    this.#live = new Live<Released>({
      load: async (signal) => this.#with(await api.apps.get(slug, { signal }), signal),
      pauseAfter: () => 10_000,
      ...(page && { page }),
    });
  }

  /** Null until loaded. */
  get value(): Released | null {
    return this.#live.value;
  }

  start(): () => void {
    return this.#live.start();
  }

  /** Shows a newer state of the app, such as the response of a call. */
  show(app: App): void {
    const current = this.value?.current ?? null;
    this.#live.replace({ app, current: current?.id === app.release ? current : null });
    void this.#live.refresh();
  }

  async #with(app: App, signal: AbortSignal): Promise<Released> {
    const known = this.value?.current ?? null;
    if (app.release === null || known?.id === app.release)
      return { app, current: app.release === null ? null : known };
    return { app, current: await this.#api.deployments.get(app.release, { signal }) };
  }
}
