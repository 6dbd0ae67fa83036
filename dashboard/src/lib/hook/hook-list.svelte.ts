import { allItems, type ClientPart } from '@appflux/client';
import type { CreatedDeployHook, DeployHook } from '@appflux/protocol';
import { Live } from '#lib/live/live.svelte.ts';

type Calls = ClientPart<{ deployHooks: 'list' | 'create' | 'delete' }>;

/** The deploy hooks of one App. */
export class HookList {
  readonly #api: Calls;
  readonly #slug: string;
  readonly #live: Live<DeployHook[]>;

  constructor(slug: string, api: Calls) {
    this.#api = api;
    this.#slug = slug;
    this.#live = new Live({
      load: (signal) => allItems((query) => api.deployHooks.list(slug, query, { signal })),
      pauseAfter: () => null,
    });
  }

  /** Null until loaded. */
  get all(): DeployHook[] | null {
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

  /** Creates a hook. Only this response has its URL. Throws an AppFluxError. */
  async create(name: string): Promise<CreatedDeployHook> {
    const created = await this.#api.deployHooks.create(this.#slug, name);
    await this.refresh();
    return created;
  }

  /** Throws an AppFluxError. */
  async revoke(id: string): Promise<void> {
    await this.#api.deployHooks.delete(this.#slug, id);
    await this.refresh();
  }
}
