/** How many builds of a team run at a time. */
import { BuildLimits, formatNumber } from '@appflux/protocol';
import { createRoute } from '@hono/zod-openapi';
import { audited, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import { poolOf } from '../pools/team-pool.ts';

export const teamLimits = router();

teamLimits.openapi(
  createRoute({
    method: 'get',
    path: '/api/team/limits',
    summary: 'Show how many builds of the team run at a time',
    tags: ['runners'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    responses: { 200: json(BuildLimits, 'The limits'), ...refusals },
  }),
  async (c) => c.json(await c.get('metadata').teamSettings.buildLimits(c.get('caller').ownerId), 200),
);

teamLimits.openapi(
  createRoute({
    method: 'put',
    path: '/api/team/limits',
    summary: 'Change how many builds of the team run at a time',
    description:
      'Of all its apps together, and of the builds that ask for a label. An app’s own limit is in its build settings. Running builds continue; a limit applies to what starts from then on.',
    tags: ['runners'],
    security: bearer,
    middleware: [needs('runners:write')] as const,
    request: { body: jsonBody(BuildLimits) },
    responses: { 200: json(BuildLimits, 'The limits'), ...refusals },
  }),
  async (c) => {
    const limits = c.req.valid('json');
    const { ownerId } = c.get('caller');
    await c.get('metadata').teamSettings.setBuildLimits(ownerId, limits);
    // Also when nothing has changed: asking again reaches a pool that did not answer before.
    await poolOf(c.env, ownerId).limit(limits);
    await audited(c, 'team.limits', { kind: 'team', id: ownerId, name: described(limits) });
    return c.json(limits, 200);
  },
);

/** Limits, for the audit log. */
function described({ builds, labels }: BuildLimits): string {
  const all = builds === null ? [] : [`${formatNumber(builds)} builds`];
  const named = Object.entries(labels).map(([label, most]) => `${formatNumber(most)} of ${label}`);
  return [...all, ...named].join(', ') || 'no limits';
}
