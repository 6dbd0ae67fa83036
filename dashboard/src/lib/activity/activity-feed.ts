import type { ClientPart } from '@appflux/client';
import type { ActivityItem } from '@appflux/protocol';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';
import { PagedList } from '#lib/live/paged-list.svelte.ts';

/** The activity of the team, newest first, kept up to date. */
export const activityFeed = (
  { team }: ClientPart<{ team: 'activity' }>,
  page?: PageLifecycle,
): PagedList<ActivityItem> =>
  new PagedList<ActivityItem>({
    load: (cursor, signal) =>
      team.activity({ limit: 40, ...(cursor !== undefined && { cursor }) }, { signal }),
    pauseAfter: () => 10_000,
    ...(page && { page }),
  });
