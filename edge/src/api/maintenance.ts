/** The maintenance switch: while it is on, builds are accepted and wait, and those that run go on. */
import { type AuditActor, Maintenance, type MaintenanceNotice, SetMaintenance } from '@appflux/protocol';
import { createRoute } from '@hono/zod-openapi';
import { actorOfUser, note, OPERATOR } from '../audit/note.ts';
import type { Env } from '../env.ts';
import { bearer, json, jsonBody, refusals, router } from '../http/router.ts';
import { loadOf } from '../maintenance/load.ts';
import { maintenanceOf } from '../maintenance/object.ts';
import { forgetNotice } from '../maintenance/shown-notice.ts';
import type { Metadata } from '../metadata/metadata.ts';
import type { Person } from '../teams/team.ts';
import { operatorOrInstanceOwner } from './operator.ts';

export const maintenance = router();

maintenance.openapi(
  createRoute({
    method: 'get',
    path: '/api/ops/maintenance',
    tags: ['operator'],
    summary: 'Get whether the instance is in maintenance, and how many builds run and wait',
    description: 'For the operator, and the owner of the instance when signed in.',
    security: bearer,
    middleware: [operatorOrInstanceOwner] as const,
    responses: { 200: json(Maintenance, 'The state'), ...refusals },
  }),
  async (c) => c.json(await stateOf(c.env, c.get('metadata'), await maintenanceOf(c.env).notice()), 200),
);

maintenance.openapi(
  createRoute({
    method: 'put',
    path: '/api/ops/maintenance',
    tags: ['operator'],
    summary: 'Turn maintenance on or off',
    description:
      'While it is on, no runner gets a new build. Deployments are accepted and wait, and running builds go on. The reason is public. For the operator, and the owner of the instance when signed in.',
    security: bearer,
    middleware: [operatorOrInstanceOwner] as const,
    request: { body: jsonBody(SetMaintenance) },
    responses: { 200: json(Maintenance, 'The state'), ...refusals },
  }),
  async (c) => {
    const change = c.req.valid('json');
    const metadata = c.get('metadata');
    const notice = await maintenanceOf(c.env).set(change, new Date().toISOString());
    forgetNotice();
    // Not there for the operator.
    const person: Person | undefined = c.get('person');
    await noteChange(metadata, person === undefined ? OPERATOR : actorOfUser(person), change.on);
    return c.json(await stateOf(c.env, metadata, notice), 200);
  },
);

const stateOf = async (
  env: Env,
  metadata: Metadata,
  notice: MaintenanceNotice | null,
): Promise<Maintenance> => ({
  on: notice !== null,
  since: notice?.since ?? null,
  reason: notice?.reason ?? null,
  ...(await loadOf(env, metadata)),
});

/** In the audit log of the instance owner's team, once there is one. */
async function noteChange(metadata: Metadata, actor: AuditActor, on: boolean): Promise<void> {
  const owner = await metadata.users.owner();
  if (owner === null) return;
  await note(metadata, owner.id, actor, on ? 'maintenance.on' : 'maintenance.off', null);
}
