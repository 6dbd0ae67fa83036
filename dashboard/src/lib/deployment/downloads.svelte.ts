import type { ClientPart } from '@appflux/client';
import type { DeploymentDownloads } from '@appflux/protocol';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLife } from '#lib/live/page-life.ts';

/** How often the artifacts of a deployment were downloaded. */
export class Downloads {
  readonly #live: Live<DeploymentDownloads>;

  constructor(deploymentId: string, api: ClientPart<{ deployments: 'downloads' }>, page?: PageLife) {
    this.#live = new Live<DeploymentDownloads>({
      load: (signal) => api.deployments.downloads(deploymentId, { signal }),
      pauseAfter: () => 60_000,
      ...(page && { page }),
    });
  }

  /** By the artifacts' names, those that never were left out; null until the first answer. */
  get counts(): ReadonlyMap<string, number> | null {
    const items = this.#live.value?.items;
    return items ? new Map(items.map(({ name, downloads }) => [name, downloads])) : null;
  }

  start(): () => void {
    return this.#live.start();
  }
}
