import type { ClientPart } from '@appflux/client';
import type { CreatedWebhookSecret, GitProvider, WebhookSecret } from '@appflux/protocol';
import { LiveResource } from '#lib/live/live-resource.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

type Calls = ClientPart<{ webhooks: 'secrets' | 'createSecret' | 'deleteSecret' }>;

/** The secrets that sign webhooks of Git hosts for the team. */
export class WebhookSecrets extends LiveResource<WebhookSecret[]> {
  readonly #api: Calls;

  constructor(api: Calls, page?: PageLifecycle) {
    super({
      load: async (signal) => (await api.webhooks.secrets({ signal })).items,
      pauseAfter: () => null,
      ...(page && { page }),
    });
    this.#api = api;
  }

  /** Only this response has the secret. Throws an AppFluxError. */
  async create(provider: GitProvider, name: string): Promise<CreatedWebhookSecret> {
    const created = await this.#api.webhooks.createSecret({ provider, name });
    await this.refresh();
    return created;
  }

  /** Throws an AppFluxError. */
  async revoke(id: string): Promise<void> {
    await this.#api.webhooks.deleteSecret(id);
    await this.refresh();
  }
}
