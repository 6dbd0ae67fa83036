/** What the queues could not deliver: look at it, and have it delivered after all. */
import { AppFluxError, DeadLetter, ObjectId, PageQuery, pageOf } from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { DeadLetterCursor } from '../dead-letters/object.ts';
import { bearer, json, needs, refusals, router } from '../http/router.ts';
import { deadLettersOf } from '../objects/dead-letters.ts';
import { ofInstanceOnly } from './operator.ts';

export const deadLetters = router();

deadLetters.openapi(
  createRoute({
    method: 'get',
    path: '/api/ops/dead-letters',
    summary: 'List dead letters (messages that the queues couldn’t deliver), newest first',
    tags: ['operations'],
    security: bearer,
    middleware: [needs('admin'), ofInstanceOnly] as const,
    request: { query: PageQuery.extend({ cursor: DeadLetterCursor.optional() }) },
    responses: { 200: json(pageOf(DeadLetter), 'Dead letters'), ...refusals },
  }),
  async (c) => {
    const { items, nextCursor } = await deadLettersOf(c.env).list(c.req.valid('query'));
    const told = items.map(({ id, message, failedAt }) => ({
      id,
      kind: message.kind,
      deploymentId: message.kind === 'downloads' ? null : message.deploymentId,
      seq: message.kind === 'event' ? message.seq : null,
      failedAt,
    }));
    return c.json({ items: told, nextCursor }, 200);
  },
);

deadLetters.openapi(
  createRoute({
    method: 'post',
    path: '/api/ops/dead-letters/{id}/replay',
    summary: 'Deliver a dead letter again',
    description: 'Consumers are idempotent: replaying a message that was delivered changes nothing.',
    tags: ['operations'],
    security: bearer,
    middleware: [needs('admin'), ofInstanceOnly] as const,
    request: { params: z.object({ id: ObjectId }) },
    responses: { 202: { description: 'Queued again' }, ...refusals },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    if (!(await deadLettersOf(c.env).replay(id)))
      throw new AppFluxError('not_found', `There is no dead letter ${id}`);
    return c.body(null, 202);
  },
);
