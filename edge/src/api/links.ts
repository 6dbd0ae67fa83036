/** Signed links to artifacts of apps that aren't public. */
import { AppFluxError, ArtifactLink, CreateArtifactLink, ErrorBody, ObjectId } from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { audited, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import { artifactsRemoved } from '../retention/removed.ts';
import { artifactLink } from '../sites/access/link.ts';
import { ownedDeployment } from './deployments.ts';

export const links = router();

links.openapi(
  createRoute({
    method: 'post',
    path: '/api/deployments/{id}/links',
    summary: 'Create a signed link to an artifact',
    description:
      'Anyone who has the link can download the file until it expires. A link can’t be revoked; it is valid for a week at most.',
    tags: ['deployments'],
    security: bearer,
    middleware: [needs('deployments:write')] as const,
    request: { params: z.object({ id: ObjectId }), body: jsonBody(CreateArtifactLink) },
    responses: {
      200: json(ArtifactLink, 'The link'),
      ...refusals,
      410: json(ErrorBody, 'The artifacts were removed by retention'),
    },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { name, expiresInSeconds } = c.req.valid('json');
    const found = await ownedDeployment(c.get('metadata'), c.get('caller').ownerId, id);
    if (found.status !== 'success') {
      throw new AppFluxError('not_successful', `That deployment is ${found.status}; it has no artifacts`);
    }
    if (!found.artifacts.some((artifact) => artifact.name === name))
      throw new AppFluxError('not_found', `That deployment has no artifact ${name}`);
    if (found.artifactsRemovedAt !== null) throw artifactsRemoved(found.artifactsRemovedAt);
    const expires = Math.floor(Date.now() / 1000) + expiresInSeconds;
    const url = await artifactLink(c.env, { deploymentId: id, name, expires });
    await audited(c, 'artifact.link', { kind: 'deployment', id, name: `${found.app.slug}: ${name}` });
    return c.json({ url, expiresAt: new Date(expires * 1000).toISOString() }, 200);
  },
);
