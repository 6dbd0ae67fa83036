/** Every route of the control plane, and who may call it. */
import { env } from 'cloudflare:workers';
import type { ErrorBody, Role } from '@appflux/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { newObjectId } from '../metadata/object-id.ts';
import { founder, memberOf } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';
import { API_ROUTES } from './testing/routes.ts';

/**
 * Who may call a route. A role may do what the roles after it may. `public` needs nobody; `holder` needs the token or
 * link that the route is about and no account; `signed` a webhook's signature; `person` is any signed-in user, in any team; `runner` has a
 * runner's credential; `operator` the instance's secret; `instance` that, or the owner of the instance in person.
 */
type Who = Role | 'public' | 'holder' | 'signed' | 'person' | 'runner' | 'operator' | 'instance';

const ROUTES: Record<string, Who> = {
  'GET /api/health': 'public',
  'GET /api/config': 'public',
  'GET /api/openapi.json': 'public',

  'POST /api/apps': 'admin',
  'GET /api/apps': 'viewer',
  'GET /api/apps/:slug': 'viewer',
  'PATCH /api/apps/:slug': 'admin',
  'POST /api/apps/look': 'admin',
  'GET /api/apps/look/:id': 'admin',
  'DELETE /api/apps/:slug': 'admin',
  'PUT /api/apps/:slug/env/:name': 'developer',
  'PATCH /api/apps/:slug/env/:name': 'developer',
  'DELETE /api/apps/:slug/env/:name': 'developer',
  'GET /api/apps/:slug/source/credential': 'admin',
  'PUT /api/apps/:slug/source/credential': 'admin',
  'POST /api/apps/:slug/source/credential/ssh-key': 'admin',
  'DELETE /api/apps/:slug/source/credential': 'admin',
  'PUT /api/apps/:slug/files/:name': 'developer',
  'DELETE /api/apps/:slug/files/:name': 'developer',
  'POST /api/apps/:slug/release': 'developer',
  'GET /api/apps/:slug/updates/expo/signing-key': 'viewer',
  'PUT /api/apps/:slug/updates/expo/signing-key': 'developer',
  'DELETE /api/apps/:slug/updates/expo/signing-key': 'developer',
  'POST /api/apps/:slug/updates/expo/rollback': 'developer',
  'POST /api/apps/:slug/release/lock': 'developer',
  'DELETE /api/apps/:slug/release/lock': 'developer',
  'GET /api/apps/:slug/domains': 'viewer',
  'POST /api/apps/:slug/domains': 'admin',
  'POST /api/apps/:slug/domains/:host/verify': 'admin',
  'DELETE /api/apps/:slug/domains/:host': 'admin',
  'GET /api/apps/:slug/deploy-hooks': 'admin',
  'POST /api/apps/:slug/deploy-hooks': 'admin',
  'DELETE /api/apps/:slug/deploy-hooks/:id': 'admin',
  'POST /hooks/deploy/:token': 'holder',
  'GET /api/hooks': 'admin',
  'POST /api/hooks': 'admin',
  'PATCH /api/hooks/:id': 'admin',
  'DELETE /api/hooks/:id': 'admin',
  'POST /api/hooks/:id/test': 'admin',
  'POST /api/hooks/:id/secret': 'admin',
  'GET /api/hooks/:id/deliveries': 'admin',
  'POST /api/hooks/:id/deliveries/:delivery/redeliver': 'admin',
  'GET /api/apps/:slug/runtime/logs': 'viewer',
  'GET /api/apps/:slug/runtime/analytics': 'viewer',
  'GET /api/apps/:slug/schedules': 'viewer',
  'PUT /api/apps/:slug/schedules': 'admin',
  'GET /api/apps/:slug/state': 'viewer',
  'PUT /api/apps/:slug/favourite': 'viewer',
  'DELETE /api/apps/:slug/favourite': 'viewer',
  'GET /api/overview': 'viewer',
  'GET /api/apps/:slug/state/:environment/:binding/export': 'admin',
  'DELETE /api/apps/:slug/state/:environment/:binding': 'admin',
  'POST /hooks/github': 'signed',
  'POST /hooks/git/:provider': 'signed',
  'GET /api/webhook-secrets': 'admin',
  'POST /api/webhook-secrets': 'admin',
  'DELETE /api/webhook-secrets/:id': 'admin',

  'GET /api/integrations/github': 'viewer',
  'POST /api/integrations/github/manifest': 'instance',
  'POST /api/integrations/github/app': 'instance',
  'DELETE /api/integrations/github/app': 'instance',
  'POST /api/integrations/github/installations/start': 'admin',
  'POST /api/integrations/github/installations': 'admin',
  'DELETE /api/integrations/github/installations/:id': 'admin',
  'GET /api/integrations/github/repositories': 'viewer',
  'GET /api/integrations/github/repositories/:owner/:name/branches': 'viewer',

  'POST /api/uploads': 'developer',
  'POST /api/uploads/:id/complete': 'developer',

  'POST /api/apps/:slug/deployments': 'developer',
  'GET /api/apps/:slug/deployments': 'viewer',
  'POST /api/deploy': 'developer',
  'GET /api/deployments': 'viewer',
  'GET /api/deployments/:id': 'viewer',
  'PATCH /api/deployments/:id': 'developer',
  'GET /api/deployments/:id/notes': 'viewer',
  'POST /api/deployments/:id/cancel': 'developer',
  'POST /api/deployments/:id/approve': 'developer',
  'POST /api/deployments/:id/redeploy': 'developer',
  'GET /api/deployments/:id/artifacts': 'viewer',
  'GET /api/deployments/:id/downloads': 'viewer',
  'GET /api/deployments/:id/attestation': 'viewer',
  'GET /api/deployments/:id/sbom': 'viewer',
  'GET /api/deployments/:id/site/comparison': 'viewer',
  'GET /api/activity': 'viewer',
  'GET /api/deployments/:id/picture': 'viewer',
  'GET /api/analytics': 'viewer',
  'POST /api/deployments/:id/promote': 'developer',
  'POST /api/deployments/:id/links': 'developer',
  'POST /api/site-access': 'person',
  'POST /api/deployments/:id/pin': 'developer',
  'DELETE /api/deployments/:id/pin': 'developer',
  'GET /api/deployments/:id/logs': 'viewer',
  'GET /api/deployments/:id/logs.ndjson': 'viewer',
  'GET /api/deployments/:id/logs/outline': 'viewer',
  'GET /api/deployments/:id/logs/live': 'viewer',

  'GET /api/runners': 'viewer',
  'GET /api/runners/installer': 'viewer',
  'POST /api/runners/tokens': 'admin',
  'GET /api/runners/tokens': 'admin',
  'DELETE /api/runners/tokens/:id': 'admin',
  'DELETE /api/runners/self': 'runner',
  'POST /api/runners/register': 'holder',
  'PATCH /api/runners/:id': 'admin',
  'POST /api/runners/:id/drain': 'admin',
  'DELETE /api/runners/:id': 'admin',
  'GET /api/pool/connect': 'runner',
  'GET /api/pool/metrics': 'viewer',
  // And runners, by their credential.
  'GET /api/deployments/:id/attempts/:attempt/connect': 'developer',
  'POST /api/deployments/:id/attempts/:attempt/lines': 'runner',
  'POST /api/deployments/:id/picture': 'runner',

  'GET /api/tokens': 'developer',
  'POST /api/tokens': 'developer',
  'DELETE /api/tokens/:id': 'developer',

  'POST /api/device/code': 'holder',
  'POST /api/device/token': 'holder',
  'GET /api/device/:userCode': 'person',
  'POST /api/device/approve': 'viewer',
  'POST /api/device/deny': 'viewer',

  'GET /api/me': 'viewer',
  'DELETE /api/team': 'owner',
  'GET /api/team/limits': 'viewer',
  'PUT /api/team/limits': 'admin',
  'GET /api/members': 'viewer',
  'PATCH /api/members/:userId': 'admin',
  'DELETE /api/members/:userId': 'admin',
  'DELETE /api/me/membership': 'viewer',
  'GET /api/invitations': 'admin',
  'POST /api/invitations': 'admin',
  'DELETE /api/invitations/:id': 'admin',
  'POST /api/invitations/look': 'holder',
  'POST /api/invitations/accept': 'person',
  'GET /api/audit': 'admin',

  'GET /api/ops/outbox': 'instance',
  'GET /api/ops/addresses': 'instance',
  'GET /api/ops/overview': 'instance',
  'POST /api/ops/certificates': 'operator',
  'POST /api/ops/setup': 'operator',
  'POST /api/ops/sign-in-links': 'operator',
  'POST /api/ops/recovery-links': 'operator',
  'POST /api/ops/reseal': 'operator',
  'POST /api/ops/provenance/rotate': 'operator',
  'POST /api/ops/sweep': 'operator',
  'GET /api/ops/backup': 'operator',
  'PUT /api/ops/backup': 'operator',
  'GET /api/ops/maintenance': 'instance',
  'PUT /api/ops/maintenance': 'instance',
  'GET /api/ops/metrics': 'operator',
  'GET /api/ops/metrics-tokens': 'instance',
  'POST /api/ops/metrics-tokens': 'instance',
  'DELETE /api/ops/metrics-tokens/:id': 'instance',
  'GET /api/ops/dead-letters': 'admin',
  'POST /api/ops/dead-letters/:id/replay': 'admin',
};

const ROLES = ['owner', 'admin', 'developer', 'viewer'] as const satisfies Role[];

/** Whether a role reaches what another may do at least. */
const reaches = (role: Role, least: Role) => ROLES.indexOf(role) <= ROLES.indexOf(least);

/** A request to a route, of things that are not there. */
function call(route: string, token: string | null): Promise<Response> {
  const [method = '', path = ''] = route.split(' ');
  const filled = path
    .replace(':slug', 'no-such-app')
    .replace(':name', 'NAME')
    .replace(':userId', crypto.randomUUID())
    .replace(':userCode', 'WDJB-MJHT')
    .replace(':id', newObjectId())
    .replace(':delivery', newObjectId())
    .replace(':attempt', '1')
    .replace(':provider', 'github')
    .replace(':token', 'afh_unknown');
  const auth = token === null ? {} : { token };
  return request(filled, {
    method,
    ...auth,
    ...(method === 'GET' || method === 'DELETE' ? {} : { json: {} }),
  });
}

const LEAVING = 'DELETE /api/me/membership';

let team: string;
const tokens = {} as Record<Role | 'stranger', string>;

beforeAll(async () => {
  await forgetAll();
  const owner = await founder();
  team = owner.user.id;
  tokens.owner = owner.token;
  for (const role of ['admin', 'developer', 'viewer'] as const) {
    tokens[role] = (await memberOf(team, role)).token;
  }
  tokens.stranger = 'afx_unknown';
});

test('every route is in the table, and every one in the table is there', () => {
  expect(API_ROUTES).toEqual(Object.keys(ROUTES).sort());
});

describe.each(Object.entries(ROUTES))('%s is for %s', (route, who) => {
  test('nobody who is not known gets in', async () => {
    for (const token of [null, tokens.stranger]) {
      const { status } = await call(route, token);
      if (who === 'public') expect(status).toBe(200);
      // The link or token of the body is what is not known.
      else if (who === 'holder') expect([400, 404]).toContain(status);
      else expect(status).toBe(401);
    }
  });

  test.each(ROLES)('and for %s?', async (role) => {
    // A user who leaves is missing in the routes after it.
    const token = route === LEAVING ? (await memberOf(team, role)).token : tokens[role];
    const { status } = await call(route, token);
    if (who === 'runner' || who === 'operator' || who === 'signed') expect(status).toBe(401);
    // The owner of the team is the first who is there, whom the operator lets in.
    else if (who === 'instance') expect(role === 'owner' ? [200, 400, 404] : [403]).toContain(status);
    else if (who === 'public' || who === 'holder' || who === 'person')
      expect([200, 400, 404]).toContain(status);
    else if (reaches(role, who)) expect([200, 201, 202, 204, 400, 404, 422]).toContain(status);
    else expect(status).toBe(403);
  });
});

test('a role that is too low gets an error that says who can change it', async () => {
  const response = await call('POST /api/apps', tokens.viewer);
  expect((await response.json<ErrorBody>()).error).toMatchObject({
    code: 'forbidden',
    message: 'The role viewer does not allow this',
    hint: expect.stringContaining('owner or admin'),
  });
});

test('the operator may do everything in the team of the instance’s owner', async () => {
  await request('/api/ops/setup', { method: 'POST', token: env.OPERATOR_SECRET, json: {} });
  for (const [route, who] of Object.entries(ROUTES)) {
    if (who === 'runner' || who === 'person' || who === 'signed' || route.startsWith('POST /api/ops/'))
      continue;
    const { status } = await call(route, env.OPERATOR_SECRET);
    expect([200, 201, 202, 204, 400, 404, 422], `${route} answered ${status}`).toContain(status);
  }
});
