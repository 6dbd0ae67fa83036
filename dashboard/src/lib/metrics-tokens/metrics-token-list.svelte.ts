import type { ClientPart } from '@appflux/client';
import type { CreatedMetricsToken, MetricsToken } from '@appflux/protocol';
import { LiveResource } from '#lib/live/live-resource.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

type Calls = ClientPart<{ operator: 'metricsTokens' | 'createMetricsToken' | 'deleteMetricsToken' }>;

/** The tokens that read the metrics of the instance. */
export class MetricsTokenList extends LiveResource<MetricsToken[]> {
  readonly #api: Calls;

  constructor(api: Calls, page?: PageLifecycle) {
    super({
      load: (signal) => api.operator.metricsTokens({ signal }),
      pauseAfter: () => null,
      ...(page && { page }),
    });
    this.#api = api;
  }

  /** Only this response has the secret. Throws an AppFluxError. */
  async create(name: string): Promise<CreatedMetricsToken> {
    const created = await this.#api.operator.createMetricsToken(name);
    await this.refresh();
    return created;
  }

  /** Throws an AppFluxError. */
  async revoke(id: string): Promise<void> {
    await this.#api.operator.deleteMetricsToken(id);
    await this.refresh();
  }
}
