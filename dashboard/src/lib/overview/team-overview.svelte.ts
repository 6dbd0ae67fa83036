import type { ClientPart } from '@appflux/client';
import type { TeamOverview as Summary } from '@appflux/protocol';
import { isHeld } from '#lib/deployment/status.ts';
import { LiveResource } from '#lib/live/live-resource.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

const WHILE_RUNNING_MS = 4000;
const AT_REST_MS = 20_000;

/** What runs in a team, what failed last, with what it builds, and what needs someone. */
export class TeamOverview extends LiveResource<Summary> {
  constructor(api: ClientPart<{ team: 'overview' }>, page?: PageLifecycle) {
    super({
      load: (signal) => api.team.overview({ signal }),
      pauseAfter: (summary) =>
        summary?.running.some((deployment) => !isHeld(deployment)) ? WHILE_RUNNING_MS : AT_REST_MS,
      ...(page && { page }),
    });
  }
}
