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
    summary: 'Reseal with SEALING_KEY what was sealed with SEALING_KEY_PREVIOUS',
    description:
      'Seals the values of some apps with the new key. Call it again with `after` set to `next` until that is null. Repeat the whole round until it has sealed nothing; SEALING_KEY_PREVIOUS is then no longer needed.',
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
