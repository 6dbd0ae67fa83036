/** Rotating the key that variables and files are sealed with. */
import { Reseal, Resealed } from '@appflux/protocol';
import { createRoute } from '@hono/zod-openapi';
import { bearer, json, jsonBody, refusals, router } from '../http/router.ts';
import { resealFrom } from '../key-rotation/reseal.ts';
import { operatorOnly } from './operator.ts';

export const sealing = router();

sealing.openapi(
  createRoute({
    method: 'post',
    path: '/api/ops/reseal',
    tags: ['operator'],
    summary: 'Seal with SEALING_KEY what was sealed with SEALING_KEY_PREVIOUS',
    description:
      'Some apps at a call. Call it again with `after` set to `next` until that is null, and all over again until a whole round has sealed nothing anew; then SEALING_KEY_PREVIOUS is needed no more.',
    security: bearer,
    middleware: operatorOnly,
    request: { body: jsonBody(Reseal) },
    responses: { 200: json(Resealed, 'How far it has come'), ...refusals },
  }),
  async (c) => {
    const parts = { env: c.env, metadata: c.get('metadata') };
    return c.json(await resealFrom(parts, c.req.valid('json').after), 200);
  },
);
