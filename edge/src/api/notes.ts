/** Release notes of a deployment: those of its build, or what a person writes in place of them. */
import { AppFluxError, DeploymentNotes, ObjectId, UpdateDeployment } from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { audited, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import { ownedDeployment } from './deployments.ts';

const shared = { tags: ['deployments'], security: bearer };
const params = z.object({ id: ObjectId });

export const notes = router();

notes.openapi(
  createRoute({
    ...shared,
    method: 'get',
    path: '/api/deployments/{id}/notes',
    summary: 'Release notes of a deployment, as the download page shows them',
    middleware: [needs('deployments:read')] as const,
    request: { params },
    responses: { 200: json(DeploymentNotes, 'The notes, or null'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const { id } = await ownedDeployment(metadata, c.get('caller').ownerId, c.req.valid('param').id);
    return c.json({ notes: (await metadata.details.of(id)).notes }, 200);
  },
);

notes.openapi(
  createRoute({
    ...shared,
    method: 'patch',
    path: '/api/deployments/{id}',
    summary: 'Write the release notes of a deployment',
    description:
      'In Markdown. They replace the ones from the tag or the change log; null restores those, an empty text shows none.',
    middleware: [needs('deployments:write')] as const,
    request: { params, body: jsonBody(UpdateDeployment) },
    responses: { 200: json(DeploymentNotes, 'The notes, or null'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const deployment = await ownedDeployment(metadata, c.get('caller').ownerId, c.req.valid('param').id);
    const { id } = deployment;
    if (!(await metadata.details.write(id, c.req.valid('json').notes)))
      throw new AppFluxError('not_found', 'Deployment not found');
    const name = `${deployment.app.slug}: ${deployment.version ?? id}`;
    await audited(c, 'deployment.notes', { kind: 'deployment', id, name });
    return c.json({ notes: (await metadata.details.of(id)).notes }, 200);
  },
);
