/** Rotating the key that variables and files are sealed with. */
import { createRoute, z } from '@hono/zod-openapi';
import { resealFrom } from '../identity/reseal.ts';
import { operatorOnly } from './operator.ts';
import { bearer, json, jsonBody, refusals, router } from './router.ts';

/** See resealFrom. */
const Position = z
  .string()
  .regex(/^[0-9a-f]{24}(?:\.[0-9a-f]{24})?$/, 'Pass `next` of the answer before as it is')
  .nullable();

const Reseal = z.strictObject({ after: Position.default(null) }).meta({ id: 'Reseal' });

const Resealed = z
  .strictObject({
    /** How many values and files were sealed anew. */
    resealed: z.int(),
    /** Where the next call goes on; null when all apps were seen. */
    next: Position,
  })
  .meta({ id: 'Resealed' });

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
