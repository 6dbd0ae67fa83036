/** Releases: which deployment an app's public address points at. */
import { App, AppFluxError, ReleaseDeployment, Slug } from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { audited, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import { nothingToRelease } from '../retention/removed.ts';
import { forgetSite } from '../sites/hosts/resolve.ts';
import { recordRelease } from '../sites/updates/expo/record.ts';
import { ownedApp, toApp } from './apps.ts';
import { ownedDeployment } from './deployments.ts';

export const releases = router();

releases.openapi(
  createRoute({
    method: 'post',
    path: '/api/apps/{slug}/release',
    summary: 'Promote a deployment to production',
    description: 'Rolls back or forward. Nothing is rebuilt.',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('deployments:write')] as const,
    request: { params: z.object({ slug: Slug }), body: jsonBody(ReleaseDeployment) },
    responses: { 200: json(App, 'The app'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const app = await ownedApp(metadata, c.get('caller').ownerId, c.req.valid('param').slug);
    const { deploymentId } = c.req.valid('json');
    const deployment = await ownedDeployment(metadata, app.ownerId, deploymentId);
    if (deployment.appId !== app.id)
      throw new AppFluxError('not_found', `${app.slug} has no deployment ${deploymentId}`);
    if (deployment.status !== 'success') {
      throw new AppFluxError(
        'not_successful',
        `That deployment is ${deployment.status}; only a successful one can be released`,
      );
    }
    if (deployment.artifactsRemovedAt !== null) throw nothingToRelease(deployment.artifactsRemovedAt);
    const changed = await metadata.apps.release(app.id, {
      deploymentId,
      at: new Date().toISOString(),
      detectedType: deployment.plan?.type ?? null,
    });
    // A sweep looks at the release after it has marked what goes, and this looks at the mark after it has set the
    // release: of the two at the same time, one notices.
    const removedAt = (await metadata.deployments.byId(deploymentId))?.artifactsRemovedAt ?? null;
    if (removedAt !== null) {
      const { release, previousRelease, releasedAt } = app;
      await metadata.apps.update(app.id, { release, previousRelease, releasedAt });
      throw nothingToRelease(removedAt);
    }
    forgetSite(app.id);
    if (changed !== null) await recordRelease(changed, metadata);
    const name = `${app.slug}: ${deployment.version ?? deploymentId}`;
    await audited(c, 'release.set', { kind: 'deployment', id: deploymentId, name });
    return c.json(await toApp(changed ?? app, { metadata, env: c.env }), 200);
  },
);
