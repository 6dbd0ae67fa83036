/** Rotating the key that variables and files are sealed with. */
import { ObjectId } from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { deploymentOf } from '../deployment/stub.ts';
import { resealApp, resealSecrets } from '../identity/reseal.ts';
import { createSealer } from '../identity/sealing.ts';
import { operatorOnly } from './operator.ts';
import { bearer, json, jsonBody, refusals, router } from './router.ts';

/** How many apps one call goes through: what it asks of others must stay far from what a request may ask. */
const APPS = 25;

const Reseal = z.strictObject({ after: ObjectId.nullable().default(null) }).meta({ id: 'Reseal' });

const Resealed = z
  .strictObject({
    /** How many values and files were sealed anew. */
    resealed: z.int(),
    /** Where the next call goes on; null when all apps were seen. */
    next: ObjectId.nullable(),
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
    const { after } = c.req.valid('json');
    const metadata = c.get('metadata');
    const sealer = createSealer(c.env);
    let resealed = after === null ? await resealSecrets(metadata, sealer) : 0;
    const { items: apps, next } = await metadata.apps.all(after, APPS);
    for (const app of apps) {
      resealed += await resealApp(app, metadata, sealer);
      for (const id of await metadata.deployments.unended(app.id)) {
        resealed += await deploymentOf(c.env, id).reseal();
      }
    }
    return c.json({ resealed, next }, 200);
  },
);
