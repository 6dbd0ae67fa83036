/** Pins: deployments that keep what they have, whatever retention says. */
import { type AuditAction, Deployment, ErrorBody, ObjectId } from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type ApiEnv, audited, bearer, json, needs, refusals, router } from '../http/router.ts';
import { artifactsRemoved } from '../retention/removed.ts';
import { currentDeployment, ownedDeployment } from './deployments.ts';

const shared = {
  path: '/api/deployments/{id}/pin',
  tags: ['deployments'],
  security: bearer,
  middleware: needs('deployments:write'),
  request: { params: z.object({ id: ObjectId }) },
};

export const pins = router();

pins.openapi(
  createRoute({
    ...shared,
    method: 'post',
    summary: 'Pin a deployment: retention keeps its artifacts and log',
    responses: {
      200: json(Deployment, 'The deployment'),
      ...refusals,
      410: json(ErrorBody, 'Its artifacts were already removed by retention'),
    },
  }),
  async (c) => c.json(await setPin(c, c.req.valid('param').id, true), 200),
);

pins.openapi(
  createRoute({
    ...shared,
    method: 'delete',
    summary: 'Unpin a deployment',
    responses: { 200: json(Deployment, 'The deployment'), ...refusals },
  }),
  async (c) => c.json(await setPin(c, c.req.valid('param').id, false), 200),
);

async function setPin(c: Context<ApiEnv>, id: string, pinned: boolean): Promise<Deployment> {
  const metadata = c.get('metadata');
  const { ownerId } = c.get('caller');
  const before = await ownedDeployment(metadata, ownerId, id);
  if (!(await metadata.deployments.pin(id, pinned))) {
    const { artifactsRemovedAt } = await ownedDeployment(metadata, ownerId, id);
    throw artifactsRemoved(artifactsRemovedAt);
  }
  if (before.pinned !== pinned) {
    const action: AuditAction = pinned ? 'deployment.pin' : 'deployment.unpin';
    await audited(c, action, { kind: 'deployment', id, name: `${before.app.slug}: ${before.version ?? id}` });
  }
  return currentDeployment(c.env, metadata, ownerId, id);
}
