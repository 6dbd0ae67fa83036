/** Pictures of sites: runners deliver them, and anyone who may see the deployment gets them. */
import {
  AppFluxError,
  ObjectId,
  PictureQuery,
  PictureResult,
  PictureSize,
  pictureBytes,
  printable,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { bearer, jsonBody, needs, refusals, router, runnerOnly } from '../http/router.ts';
import { poolOf } from '../pools/team-pool.ts';
import { pictureKey } from '../storage/keys.ts';
import { ownedDeployment } from './deployments.ts';

const ById = z.object({ id: ObjectId });
const TYPE = 'image/webp';
/** The longest reason that is stored; a runner sends no longer one. */
const MAX_REASON = 300;

export const pictures = router();

pictures.openapi(
  createRoute({
    method: 'get',
    path: '/api/deployments/{id}/picture',
    summary: 'Get a picture of a deployment’s site',
    description:
      'WebP. `size` is `wide` (1280 × 800, the default) or `phone` (390 × 844). A runner takes it after the site was published; until then, and if there is none, the answer is 404.',
    tags: ['deployments'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    request: { params: ById, query: PictureQuery },
    responses: {
      200: { description: 'The picture', content: { [TYPE]: { schema: z.any() } } },
      ...refusals,
    },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { size, v } = c.req.valid('query');
    const record = await ownedDeployment(c.get('metadata'), c.get('caller').ownerId, id);
    const { appId, pictureAt, artifactsRemovedAt } = record;
    const stored =
      pictureAt === null || artifactsRemovedAt !== null
        ? null
        : await c.get('objects').get(pictureKey(appId, id, size));
    if (stored === null) throw new AppFluxError('not_found', 'There is no picture of this deployment');
    return c.body(stored.body, 200, {
      'Content-Type': TYPE,
      'Content-Length': String(stored.size),
      // A URL with `v` is that of one picture.
      'Cache-Control': v === undefined ? 'private, no-cache' : 'private, max-age=31536000, immutable',
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'Cross-Origin-Resource-Policy': 'same-origin',
    });
  },
);

pictures.openapi(
  createRoute({
    method: 'post',
    path: '/api/deployments/{id}/picture',
    summary: 'Deliver a picture that was asked for',
    description: 'For runners only, with their credential, and only for a request that their pool has made.',
    tags: ['runners'],
    security: bearer,
    middleware: [runnerOnly] as const,
    request: { params: ById, body: jsonBody(PictureResult) },
    responses: { 204: { description: 'Taken' }, ...refusals },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const result = c.req.valid('json');
    const runner = c.get('runner');
    const { deployments } = c.get('metadata');
    const pool = poolOf(c.env, runner.ownerId);
    const record = await deployments.byId(id);
    if (record?.ownerId !== runner.ownerId || !(await pool.hasPicture(runner.id, id, result.id)))
      throw new AppFluxError('not_found', `This runner was not asked for a picture of deployment ${id}`);
    if (result.outcome === 'taken') {
      const files = PictureSize.options.map((size) => {
        const bytes = pictureBytes(result.files[size], size);
        if (bytes === null)
          throw new AppFluxError('bad_request', `The picture ${size} is not WebP, or of another size`);
        return { key: pictureKey(record.appId, id, size), bytes };
      });
      const objects = c.get('objects');
      for (const { key, bytes } of files) await objects.put(key, bytes, TYPE);
      // The deployment was removed meanwhile, or retention has removed its site.
      if (!(await deployments.markPictured(id, new Date().toISOString())))
        await objects.delete(files.map(({ key }) => key));
    }
    if (result.outcome === 'failed')
      await deployments.markPictureFailed(id, printable(result.reason, MAX_REASON));
    await pool.pictureEnded(runner.id, id, result.id, result.outcome);
    return c.body(null, 204);
  },
);
