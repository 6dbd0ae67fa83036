import type { ClientPart } from '@appflux/client';
import type { MaintenanceNotice } from '@appflux/protocol';
import { LiveResource } from '#lib/live/live-resource.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

/** Milliseconds between loads while the page is visible. */
const PAUSE_MS = 60_000;

/** Whether the instance is in maintenance, for everyone. `all.notice` is null while it isn't. */
export class Notice extends LiveResource<{ notice: MaintenanceNotice | null }> {
  constructor(api: ClientPart<{ instance: 'config' }>, page?: PageLifecycle) {
    super({
      load: async (signal) => ({ notice: (await api.instance.config({ signal })).maintenance ?? null }),
      pauseAfter: () => PAUSE_MS,
      ...(page && { page }),
    });
  }
}
