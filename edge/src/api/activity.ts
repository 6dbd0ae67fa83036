/** The activity feed of a team. */
import { ActivityItem, PageQuery, pageOf } from '@appflux/protocol';
import { createRoute } from '@hono/zod-openapi';
import { activityOf } from '../activity/feed.ts';
import { bearer, json, needs, refusals, router } from '../http/router.ts';

export const activity = router();

activity.openapi(
  createRoute({
    method: 'get',
    path: '/api/activity',
    summary: 'List the team’s activity, newest first',
    description:
      'Changes to apps, deployments, runners and members from the audit log, and the ends of deployments. Sign-ins, tokens and what only admins may read are left out, and a token gets only what its scopes cover. A page may have fewer items than `limit` although `nextCursor` is set.',
    tags: ['people'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    request: { query: PageQuery },
    responses: { 200: json(pageOf(ActivityItem), 'Activity'), ...refusals },
  }),
  async (c) => c.json(await activityOf(c.get('metadata'), c.get('caller'), c.req.valid('query')), 200),
);
