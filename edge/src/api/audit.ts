/** The audit log of a team. */
import { AuditEntry, PageQuery, pageOf } from '@appflux/protocol';
import { createRoute } from '@hono/zod-openapi';
import { bearer, json, needs, refusals, router } from '../http/router.ts';

export const audit = router();

audit.openapi(
  createRoute({
    method: 'get',
    path: '/api/audit',
    summary: 'List the audit log, newest first',
    tags: ['people'],
    security: bearer,
    middleware: [needs('admin')] as const,
    request: { query: PageQuery },
    responses: { 200: json(pageOf(AuditEntry), 'What was done'), ...refusals },
  }),
  async (c) => {
    const page = await c.get('metadata').audit.list(c.get('caller').ownerId, c.req.valid('query'));
    return c.json({ ...page, items: page.items.map(({ ownerId: _, ...entry }) => entry) }, 200);
  },
);
