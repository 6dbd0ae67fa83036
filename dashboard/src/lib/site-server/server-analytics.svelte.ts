import type { ClientPart } from '@appflux/client';
import type { RuntimeAnalytics } from '@appflux/protocol';
import { LiveResource } from '#lib/live/live-resource.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

/** The server host hands over what it has counted every few seconds. */
const PAUSE_MS = 15_000;

/** How the servers of an app answered in the last hours. */
export class ServerAnalytics extends LiveResource<RuntimeAnalytics> {
  constructor(
    { slug, hours }: { slug: string; hours: number },
    api: ClientPart<{ runtime: 'analytics' }>,
    page?: PageLifecycle,
  ) {
    super({
      load: (signal) => api.runtime.analytics(slug, { hours }, { signal }),
      pauseAfter: () => PAUSE_MS,
      ...(page && { page }),
    });
  }
}
