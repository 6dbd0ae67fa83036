import type { ClientPart } from '@appflux/client';
import type { CreatedHook, CreateHook, Hook, HookDelivery, UpdateHook } from '@appflux/protocol';
import { LiveResource } from '#lib/live/live-resource.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

type Calls = ClientPart<{ hooks: 'list' | 'create' | 'update' | 'delete' | 'test' | 'rotateSecret' }>;

/** The notification hooks of the team. */
export class NotificationHooks extends LiveResource<Hook[]> {
  readonly #api: Calls;

  constructor(api: Calls, page?: PageLifecycle) {
    super({
      load: async (signal) => (await api.hooks.list({ signal })).items,
      pauseAfter: () => 30_000,
      ...(page && { page }),
    });
    this.#api = api;
  }

  /** Only this response has the secret. Throws an AppFluxError. */
  async create(hook: CreateHook): Promise<CreatedHook> {
    const created = await this.#api.hooks.create(hook);
    await this.refresh();
    return created;
  }

  /** Throws an AppFluxError. */
  async update(id: string, change: UpdateHook): Promise<void> {
    await this.#api.hooks.update(id, change);
    await this.refresh();
  }

  /** Throws an AppFluxError. */
  async delete(id: string): Promise<void> {
    await this.#api.hooks.delete(id);
    await this.refresh();
  }

  /** Replaces the secret that signs a webhook. Only this response has it. Throws an AppFluxError. */
  async rotateSecret(id: string): Promise<string> {
    return (await this.#api.hooks.rotateSecret(id)).secret;
  }

  /** Sends a test and returns its delivery. Throws an AppFluxError. */
  async test(id: string): Promise<HookDelivery> {
    const delivery = await this.#api.hooks.test(id);
    await this.refresh();
    return delivery;
  }
}
