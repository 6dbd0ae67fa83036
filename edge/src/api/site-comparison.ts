/** How the site of a deployment differs from that of another one. */
import { AppFluxError, ObjectId, SiteComparison, SiteComparisonQuery, siteFile } from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { ApiEnv } from '../http/router.ts';
import { bearer, json, needs, refusals, router } from '../http/router.ts';
import { artifactsRemoved } from '../retention/removed.ts';
import { compareSites } from '../sites/compare/compare.ts';
import { siteManifest } from '../sites/store/manifest.ts';
import { ownedDeployment } from './deployments.ts';

export const siteComparison = router();

siteComparison.openapi(
  createRoute({
    method: 'get',
    path: '/api/deployments/{id}/site/comparison',
    summary: 'Compare the files of two sites',
    description:
      'How the site of this deployment differs from that of `with`, which counts as the one before. Lists the files whose size changed most.',
    tags: ['deployments'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    request: { params: z.object({ id: ObjectId }), query: SiteComparisonQuery },
    responses: { 200: json(SiteComparison, 'What differs'), ...refusals },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const [after, before] = await Promise.all([filesOf(c, id), filesOf(c, c.req.valid('query').with)]);
    return c.json(compareSites(before, after), 200);
  },
);

/** @throws AppFluxError `not_found` if it is none of the team or has no site, `artifacts_removed` if it has none any more */
async function filesOf(c: Context<ApiEnv>, id: string) {
  const deployment = await ownedDeployment(c.get('metadata'), c.get('caller').ownerId, id);
  if (deployment.artifactsRemovedAt !== null) throw artifactsRemoved(deployment.artifactsRemovedAt);
  const manifest = await siteManifest(c.env, deployment);
  if (manifest === null) {
    throw new AppFluxError('not_found', `Deployment ${deployment.number || id} has published no site`);
  }
  return manifest.files.map(siteFile);
}
