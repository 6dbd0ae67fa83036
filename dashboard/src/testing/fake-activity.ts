/** Lists of deployments, and the activity feed, of the in-memory API. */
import { type ActivityItem, type Deployment, DeploymentsQuery, hasEnded } from '@appflux/protocol';
import { page, type Routes } from './fake-call.ts';
import type { World } from './world.ts';

/** The deployments that a query asks for, with which of them are live. */
export function listed({ apps, deployments }: World, query: URLSearchParams, app?: string): Deployment[] {
  const { status, skipped, branch, environment, creator } = DeploymentsQuery.parse(Object.fromEntries(query));
  const releases = new Set(apps.map(({ release }) => release));
  return deployments
    .filter(
      (one) =>
        (app === undefined || one.app.slug === app) &&
        (status === undefined || one.status === status) &&
        (skipped === undefined || (one.skipped !== null) === (skipped === 'only')) &&
        (branch === undefined || one.branch === branch) &&
        (environment === undefined || one.environment === environment) &&
        (creator === undefined || one.creator?.name === creator),
    )
    .map((one) => ({ ...one, current: releases.has(one.id) }));
}

/** What members see of it: a part of the audit log, and the ends of deployments. */
function activityOf({ audit, deployments }: World): ActivityItem[] {
  const entries = audit
    .filter(({ action }) => !/^(?:session|runner\.token)/.test(action))
    .map((entry): ActivityItem => ({ ...entry, subject: entry.target, deployment: null, reason: null }))
    .map(({ target: _, ...item }: ActivityItem & { target?: unknown }) => item);
  const ends = deployments
    .filter(({ status, skipped }) => hasEnded(status) && skipped === null)
    .map((one): ActivityItem => {
      const { id, app, number, status, environment, branch, uploadName } = one;
      const commitMessage = one.commitMessage?.split('\n', 1)[0] ?? null;
      return {
        id,
        at: one.finishedAt ?? one.createdAt,
        actor: one.creator && { ...one.creator, id: null },
        action: status === 'success' ? 'deployment.succeeded' : `deployment.${status}`,
        subject: { kind: 'deployment', id, name: app.slug },
        deployment: { id, app, number, status, environment, branch, commitMessage, uploadName },
        reason: one.failure?.message ?? null,
      };
    });
  return [...entries, ...ends].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

export const ACTIVITY_ROUTES: Routes = {
  'GET deployments': ({ world, query }) => [200, page(listed(world, query), query)],
  'GET activity': ({ world, query }) => [200, page(activityOf(world), query)],
};
