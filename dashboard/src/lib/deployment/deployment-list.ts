import type { ClientPart } from '@appflux/client';
import { type Deployment, hasEnded } from '@appflux/protocol';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';
import { PagedList } from '#lib/live/paged-list.svelte.ts';
import { type DeploymentFilter, queryOf } from './deployment-filter.ts';

const PAGE = 20;

type Calls = ClientPart<{ deployments: 'list' | 'listOf' }>;

export interface DeploymentListOptions {
  filter: DeploymentFilter;
  /** The slug of one app; null for those of the whole team. */
  app: string | null;
  hidesSkipped?: boolean;
  page?: PageLifecycle;
}

/** Milliseconds until a list of deployments is loaded again: sooner while one of them runs. */
export const pauseAfterDeployments = (deployments: readonly Deployment[] | null): number =>
  deployments?.some(({ status }) => !hasEnded(status)) ? 3000 : 5000;

/** Deployments that fit a filter, kept up to date. */
export function deploymentList(
  { deployments }: Calls,
  { filter, app, hidesSkipped = false, page }: DeploymentListOptions,
): PagedList<Deployment> {
  const narrowed = { limit: PAGE, ...queryOf(filter, { hidesSkipped }) };
  return new PagedList<Deployment>({
    load: (cursor, signal) => {
      const query = { ...narrowed, ...(cursor !== undefined && { cursor }) };
      return app === null ? deployments.list(query, { signal }) : deployments.listOf(app, query, { signal });
    },
    pauseAfter: pauseAfterDeployments,
    ...(page && { page }),
  });
}
