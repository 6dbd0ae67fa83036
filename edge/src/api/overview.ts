/** What the operator sees of the instance at a glance. */
import { Overview } from '@appflux/protocol';
import { createRoute } from '@hono/zod-openapi';
import { bearer, json, refusals, router } from '../http/router.ts';
import { collectOverview } from '../overview/collect.ts';
import { VERSION } from '../version.ts';
import { operatorOrInstanceOwner } from './operator.ts';

export const overview = router();

overview.openapi(
  createRoute({
    method: 'get',
    path: '/api/ops/overview',
    tags: ['operations'],
    summary: 'Health, stuck deployments, disks, versions, backup and errors of this instance',
    description:
      'For the operator, and the owner of the instance when signed in. A section that can’t be read is null. Errors are counted within 24 hours, and grouped by source, code and message.',
    security: bearer,
    middleware: [operatorOrInstanceOwner] as const,
    responses: { 200: json(Overview, 'The overview'), ...refusals },
  }),
  async (c) => c.json(await collectOverview(c.env, c.get('metadata'), VERSION), 200),
);
