import { allItems, type ClientPart } from '@appflux/client';
import type { CreatedDeployHook, DeployHook } from '@appflux/protocol';
import { LiveResource } from '#lib/live/live-resource.svelte.ts';

type Calls = ClientPart<{ deployHooks: 'list' | 'create' | 'delete' }>;

/** The deploy hooks of one App. */
export class HookList extends LiveResource<DeployHook[]> {
  readonly #api: Calls;
  readonly #slug: string;

  constructor(slug: string, api: Calls) {
    super({
      load: (signal) => allItems((query) => api.deployHooks.list(slug, query, { signal })),
      pauseAfter: () => null,
    });
    this.#api = api;
    this.#slug = slug;
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
