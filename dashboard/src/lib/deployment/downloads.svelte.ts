import type { ClientPart } from '@appflux/client';
import type { DeploymentDownloads } from '@appflux/protocol';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

/** Download counts of a deployment's artifacts. */
export class Downloads {
  readonly #live: Live<DeploymentDownloads>;

  constructor(deploymentId: string, api: ClientPart<{ deployments: 'downloads' }>, page?: PageLifecycle) {
    this.#live = new Live<DeploymentDownloads>({
      load: (signal) => api.deployments.downloads(deploymentId, { signal }),
      pauseAfter: () => 60_000,
      ...(page && { page }),
    });
  }

  /** Counts by artifact name, without zeros; null until loaded. */
  get counts(): ReadonlyMap<string, number> | null {
    const items = this.#live.value?.items;
    return items ? new Map(items.map(({ name, downloads }) => [name, downloads])) : null;
  }

  start(): () => void {
    return this.#live.start();
  }
}
