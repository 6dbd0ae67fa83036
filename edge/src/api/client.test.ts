/** The client package against the real API: each route has a method, which calls it as it wants to be called. */

import { env, exports } from 'cloudflare:workers';
import { createHmac } from 'node:crypto';
import { type Client, createClient } from '@appflux/client';
import { isAppFluxError } from '@appflux/protocol';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { newObjectId } from '../metadata/object-id.ts';
import { forgetAll, signIn } from '../testing/worker.ts';
import { API_ROUTES } from './testing/routes.ts';

/** Routes that the client has no method for, and why. */
const WITHOUT_METHOD: Record<string, string> = {
  'GET /api/openapi.json': 'describes the API for other tools',
  'GET /api/deployments/:id/logs/live': 'a WebSocket',
  'GET /api/pool/connect': 'a WebSocket of runners',
  'GET /api/deployments/:id/attempts/:attempt/connect': 'a WebSocket of runners',
  'POST /api/deployments/:id/picture': 'only runners, with their own credential',
  'DELETE /api/runners/self': 'only runners, with their own credential',
  'POST /api/deployments/:id/attempts/:attempt/lines': 'only runners, with their own credential',
};

const BOOTSTRAP_TOKEN = 'a-bootstrap-token-of-the-tests-0123';

/** What was called, as `GET /api/apps/harbor`. */
let called: string[] = [];

const clientOf = (token: string | null): Client =>
  createClient({
    url: env.PUBLIC_URL,
    token,
    unknownMembers: 'refuse',
    fetch: (input, init) => {
      const request = new Request(input, init);
      called.push(`${request.method} ${new URL(request.url).pathname}`);
      return exports.default.fetch(request);
    },
  });

const operator = clientOf(env.OPERATOR_SECRET);
const script = clientOf(BOOTSTRAP_TOKEN);
const nobody = clientOf(null);
let person: Client;

/** What earlier calls created. */
const made = {
  deployment: '',
  upload: '',
  look: '',
  etag: '',
  runner: '',
  registration: '',
  token: '',
  deviceCode: '',
  userCode: '',
  hook: '',
  notification: '',
  delivery: '',
  invitation: '',
  metricsToken: '',
  fleetToken: '',
  webhookSecret: '',
};
let webhook = { secret: '', teamId: '' };
let hookToken = '';
let invitationToken = '';

/** A call for each route, in an order in which one has what it needs of those before; a code where it is refused. */
const CALLS: Record<string, { call: () => Promise<unknown>; refused?: string }> = {
  'GET /api/health': { call: () => nobody.instance.health() },
  'GET /api/config': { call: () => nobody.instance.config() },
  'POST /api/ops/setup': { call: () => operator.operator.setUp({ bootstrapToken: BOOTSTRAP_TOKEN }) },
  'POST /api/ops/sign-in-links': { call: () => operator.operator.createSignInLink() },
  'POST /api/ops/recovery-links': { call: () => operator.operator.createRecoveryLink('owner@localhost') },
  'GET /api/ops/outbox': { call: () => operator.operator.outbox() },
  'GET /api/ops/addresses': { call: () => operator.operator.addresses() },
  'GET /api/ops/overview': { call: () => operator.operator.overview() },
  'POST /api/ops/certificates': {
    call: () => operator.operator.requestCertificate(new URL(env.PUBLIC_URL).hostname),
  },
  'POST /api/ops/provenance/rotate': {
    call: async () => {
      const rotated = await operator.operator.rotateProvenanceKey();
      expect(await nobody.instance.provenanceKeys()).toEqual(rotated);
      called = called.slice(0, 1);
    },
  },
  'POST /api/ops/reseal': { call: () => operator.operator.reseal() },
  'POST /api/ops/sweep': { call: () => operator.operator.sweep({ dryRun: true, after: 'apps.' }) },
  'GET /api/ops/backup': { call: () => operator.operator.backups() },
  'PUT /api/ops/backup': {
    call: () =>
      operator.operator.reportBackup({
        succeededAt: null,
        target: null,
        error: 'The disk is full',
        triedAt: new Date().toISOString(),
        schedule: null,
      }),
  },
  'GET /api/ops/maintenance': { call: () => operator.operator.maintenance() },
  'PUT /api/ops/maintenance': { call: () => operator.operator.setMaintenance({ on: false }) },
  'GET /api/ops/metrics': {
    call: async () => expect(await operator.operator.metrics()).toMatch(/\n# EOF\n$/),
  },
  'POST /api/ops/metrics-tokens': {
    call: async () => {
      made.metricsToken = (await operator.operator.createMetricsToken('prometheus')).id;
    },
  },
  'GET /api/ops/metrics-tokens': { call: () => operator.operator.metricsTokens() },
  'DELETE /api/ops/metrics-tokens/:id': {
    call: () => operator.operator.deleteMetricsToken(made.metricsToken),
  },
  'GET /api/ops/dead-letters': { call: () => operator.operator.deadLetters({ limit: 1 }) },
  'POST /api/ops/dead-letters/:id/replay': {
    call: () => operator.operator.replayDeadLetter(newObjectId()),
    refused: 'not_found',
  },

  'GET /api/me': { call: () => script.team.me() },
  'GET /api/members': { call: () => script.team.members({ limit: 1 }) },
  'PATCH /api/members/:userId': {
    call: () => script.team.updateMember(crypto.randomUUID(), 'viewer'),
    refused: 'not_found',
  },
  'DELETE /api/members/:userId': {
    call: () => script.team.deleteMember(crypto.randomUUID()),
    refused: 'not_found',
  },
  'DELETE /api/me/membership': { call: () => person.team.leave(), refused: 'last_owner' },
  'DELETE /api/team': { call: () => person.team.delete('another'), refused: 'instance_owner' },
  'GET /api/team/limits': { call: () => script.team.limits() },
  'PUT /api/team/limits': { call: () => script.team.setLimits({ builds: 9, labels: { macos: 2 } }) },
  'GET /api/audit': { call: () => script.team.audit({ limit: 1 }) },
  'GET /api/activity': { call: () => script.team.activity({ limit: 1 }) },
  'POST /api/invitations': {
    call: async () => {
      const { id, url } = await script.invitations.create({ role: 'viewer', days: 1, note: 'Ada' });
      made.invitation = id;
      invitationToken = new URLSearchParams(new URL(url).hash.slice(1)).get('token') ?? new URL(url).hash;
    },
  },
  'GET /api/invitations': { call: () => script.invitations.list({ limit: 1 }) },
  'POST /api/invitations/look': { call: () => nobody.invitations.look(invitationToken) },
  'POST /api/invitations/accept': { call: () => person.invitations.accept(invitationToken) },
  'DELETE /api/invitations/:id': { call: () => script.invitations.delete(made.invitation) },

  'POST /api/tokens': {
    call: async () => {
      made.token = (await script.tokens.create({ name: 'ci', scopes: ['apps:read'] })).id;
    },
  },
  'GET /api/tokens': { call: () => script.tokens.list({ limit: 1 }) },
  'DELETE /api/tokens/:id': { call: () => script.tokens.delete(made.token) },

  'POST /api/device/code': {
    call: async () => {
      const { device_code, user_code } = await nobody.device.start({ client: 'laptop' });
      made.deviceCode = device_code;
      made.userCode = user_code;
    },
  },
  'GET /api/device/:userCode': { call: () => person.device.get(made.userCode) },
  'POST /api/device/approve': { call: () => person.device.approve({ userCode: made.userCode }) },
  'POST /api/device/token': {
    call: async () => expect(await nobody.device.token(made.deviceCode)).toHaveProperty('token'),
  },
  'POST /api/device/deny': {
    call: () => person.device.deny({ userCode: made.userCode }),
    refused: 'not_found',
  },

  'POST /api/runners/tokens': {
    call: async () => {
      made.registration = (await script.runners.createToken()).token;
      await script.runners.createToken({ reusable: true, name: 'fleet', days: 1 });
    },
  },
  'GET /api/runners/tokens': {
    call: async () => {
      made.fleetToken = (await script.runners.tokens())[0]?.id ?? '';
    },
  },
  'DELETE /api/runners/tokens/:id': { call: () => script.runners.revokeToken(made.fleetToken) },
  'POST /api/runners/register': {
    call: async () => {
      const runner = { token: made.registration, name: 'one', version: '0.1.0' };
      made.runner = (await nobody.runners.register(runner)).id;
    },
  },
  'GET /api/runners': { call: () => script.runners.page({ limit: 1 }) },
  'GET /api/pool/metrics': {
    call: async () => expect(await script.runners.metrics()).toContain('# EOF'),
  },
  'PATCH /api/runners/:id': { call: () => script.runners.update(made.runner, { slots: 2 }) },
  'GET /api/runners/installer': {
    // The package is there if the dashboard of this checkout was built.
    call: () =>
      script.runners.installer().catch((error) => expect(error).toMatchObject({ code: 'not_found' })),
  },
  'POST /api/runners/:id/drain': { call: () => script.runners.drain(made.runner) },
  'DELETE /api/runners/:id': { call: () => script.runners.delete(made.runner) },

  'POST /api/apps': {
    call: () => script.apps.create({ name: 'Harbor', source: { provider: 'upload', rootDirectory: './' } }),
  },
  'POST /api/apps/look': {
    call: async () => {
      const source = { provider: 'git', repoUrl: 'https://git.example/harbor.git' } as const;
      made.look = (await script.looks.start({ source })).id;
    },
  },
  'GET /api/apps/look/:id': { call: () => script.looks.get(made.look) },
  'GET /api/apps': { call: () => script.apps.list({ limit: 1, q: 'harb' }) },
  'PUT /api/apps/:slug/favourite': { call: () => person.apps.addFavourite('harbor') },
  'DELETE /api/apps/:slug/favourite': { call: () => person.apps.removeFavourite('harbor') },
  'GET /api/overview': { call: () => script.team.overview() },
  'GET /api/apps/:slug': { call: () => script.apps.get('harbor') },
  'PATCH /api/apps/:slug': { call: () => script.apps.update('harbor', { name: 'Harbour' }) },
  'PUT /api/apps/:slug/env/:name': { call: () => script.apps.setVariable('harbor', 'A', { value: '1' }) },
  'PATCH /api/apps/:slug/env/:name': {
    call: () => script.apps.changeVariable('harbor', 'A', { sensitive: true }),
  },
  'DELETE /api/apps/:slug/env/:name': { call: () => script.apps.deleteVariable('harbor', 'A') },
  'GET /api/apps/:slug/source/credential': { call: () => script.sourceCredential.get('harbor') },
  'PUT /api/apps/:slug/source/credential': {
    call: () => script.sourceCredential.set('harbor', { kind: 'token', token: 'secret' }),
    refused: 'unprocessable',
  },
  'POST /api/apps/:slug/source/credential/ssh-key': {
    call: () => script.sourceCredential.createKey('harbor'),
    refused: 'unprocessable',
  },
  'DELETE /api/apps/:slug/source/credential': {
    call: () => script.sourceCredential.delete('harbor'),
    refused: 'not_found',
  },
  'PUT /api/apps/:slug/files/:name': {
    call: () => script.apps.setFile('harbor', 'KEY', { content: 'AAAA' }),
  },
  'DELETE /api/apps/:slug/files/:name': { call: () => script.apps.deleteFile('harbor', 'KEY') },

  'POST /api/uploads': {
    call: async () => {
      const grant = await script.uploads.create({ name: 'site.zip', size: 3 });
      made.upload = grant.uploadId;
      const put = await fetch(grant.parts[0]?.url ?? '', { method: 'PUT', body: 'zip' });
      made.etag = put.headers.get('ETag') ?? '';
    },
  },
  'POST /api/uploads/:id/complete': {
    call: () => script.uploads.complete(made.upload, [{ partNumber: 1, etag: made.etag }]),
  },
  'POST /api/apps/:slug/deployments': {
    call: async () => {
      const options = { idempotencyKey: 'once' };
      made.deployment = (await script.deployments.create('harbor', { uploadId: made.upload }, options)).id;
      const again = await script.deployments.create('harbor', { uploadId: made.upload }, options);
      expect(again.id).toBe(made.deployment);
    },
  },
  'GET /api/apps/:slug/deployments': {
    call: () => script.deployments.listOf('harbor', { limit: 1, status: 'queued' }),
  },
  'GET /api/deployments': {
    call: () => script.deployments.list({ limit: 1, status: 'queued', skipped: 'exclude' }),
  },
  'GET /api/deployments/:id': { call: () => script.deployments.get(made.deployment) },
  'GET /api/deployments/:id/artifacts': { call: () => script.deployments.artifacts(made.deployment) },
  'GET /api/deployments/:id/attestation': {
    call: () => script.deployments.attestation(made.deployment),
    refused: 'not_successful',
  },
  'GET /api/deployments/:id/sbom': {
    call: () => script.deployments.sbom(made.deployment),
    refused: 'not_successful',
  },
  'GET /api/deployments/:id/picture': {
    call: () => script.deployments.picture(made.deployment, { size: 'phone' }),
    refused: 'not_found',
  },
  'GET /api/deployments/:id/site/comparison': {
    call: () => script.deployments.compareSite(made.deployment, made.deployment),
    refused: 'not_found',
  },
  'GET /api/deployments/:id/downloads': { call: () => script.deployments.downloads(made.deployment) },
  'GET /api/deployments/:id/notes': { call: () => script.deployments.notes(made.deployment) },
  'PATCH /api/deployments/:id': {
    call: () => script.deployments.update(made.deployment, { notes: '- Faster' }),
  },
  'POST /api/deployments/:id/pin': { call: () => script.deployments.pin(made.deployment) },
  'DELETE /api/deployments/:id/pin': { call: () => script.deployments.unpin(made.deployment) },
  'GET /api/deployments/:id/logs': { call: () => script.logs.page(made.deployment, { after: 0, limit: 10 }) },
  'GET /api/deployments/:id/logs/outline': {
    call: () => script.logs.outline(made.deployment),
    refused: 'log_not_archived',
  },
  'GET /api/deployments/:id/logs.ndjson': {
    call: async () => {
      const file = await (await script.logs.download(made.deployment)).text();
      expect(await new Response(await script.logs.read(made.deployment)).text()).toBe(file);
    },
  },
  'POST /api/deployments/:id/cancel': { call: () => script.deployments.cancel(made.deployment) },
  'POST /api/deployments/:id/approve': {
    call: () => script.deployments.approve(made.deployment),
    refused: 'already_ended',
  },
  'POST /api/deployments/:id/redeploy': {
    call: () => script.deployments.redeploy(made.deployment, { clearCache: true }),
  },
  'POST /api/deploy': {
    call: () => script.deployments.deploy({ app: 'harbor', source: { uploadId: made.upload } }),
  },
  'GET /api/apps/:slug/updates/expo/signing-key': {
    call: () => script.apps.expoSigningKey('harbor'),
    refused: 'not_found',
  },
  'PUT /api/apps/:slug/updates/expo/signing-key': {
    call: () => script.apps.setExpoSigningKey('harbor', { privateKey: '', certificate: '' }),
    refused: 'unprocessable',
  },
  'DELETE /api/apps/:slug/updates/expo/signing-key': {
    call: () => script.apps.deleteExpoSigningKey('harbor'),
    refused: 'not_found',
  },
  'POST /api/apps/:slug/updates/expo/rollback': {
    call: () => script.apps.rollBackExpoUpdates('harbor', { runtimeVersion: '1.0.0' }),
  },
  'POST /api/apps/:slug/release': {
    call: () => script.apps.release('harbor', made.deployment),
    refused: 'not_successful',
  },
  'POST /api/apps/:slug/release/lock': { call: () => script.apps.lockRelease('harbor') },
  'DELETE /api/apps/:slug/release/lock': { call: () => script.apps.unlockRelease('harbor') },
  'POST /api/deployments/:id/promote': {
    call: () => script.deployments.promote(made.deployment, { force: true }),
    refused: 'not_successful',
  },
  'POST /api/deployments/:id/links': {
    call: () => script.deployments.createLink(made.deployment, { name: 'site.zip', expiresInSeconds: 60 }),
    refused: 'not_successful',
  },
  'POST /api/site-access': {
    call: async () => {
      const { url } = await person.sites.open({ page: 'harbor', state: 'a'.repeat(43), to: '/a/harbor' });
      expect(new URL(url).origin).toBe(new URL(env.PUBLIC_URL).origin);
    },
  },
  'GET /api/apps/:slug/runtime/logs': {
    call: () => script.runtime.logs('harbor', { level: 'warn', before: 5, limit: 10 }),
  },
  'GET /api/apps/:slug/runtime/analytics': {
    call: () => script.runtime.analytics('harbor', { hours: 48, environment: 'production' }),
  },
  'GET /api/analytics': { call: () => script.instance.analytics({ days: 7, app: 'harbor' }) },

  'POST /api/apps/:slug/deploy-hooks': {
    call: async () => {
      const { id, url } = await script.deployHooks.create('harbor', 'cms');
      made.hook = id;
      hookToken = new URL(url).pathname.split('/').at(-1) ?? '';
    },
  },
  'POST /api/apps/:slug/domains': {
    call: () => script.domains.add('harbor', { host: 'www.harbor.example' }),
  },
  'GET /api/apps/:slug/domains': { call: () => script.domains.list('harbor') },
  'POST /api/apps/:slug/domains/:host/verify': {
    call: () => script.domains.verify('harbor', 'www.harbor.example'),
  },
  'DELETE /api/apps/:slug/domains/:host': {
    call: () => script.domains.remove('harbor', 'www.harbor.example'),
  },
  'GET /api/apps/:slug/schedules': { call: () => script.apps.schedules('harbor') },
  // An app of uploads has nothing to build without one.
  'PUT /api/apps/:slug/schedules': {
    call: () => script.apps.setSchedules('harbor', [{ cron: '0 4 * * *' }]),
    refused: 'unprocessable',
  },
  'GET /api/apps/:slug/state': {
    call: async () => expect(await script.state.list('harbor')).toEqual([]),
  },
  'GET /api/apps/:slug/state/:environment/:binding/export': {
    call: () => script.state.export('harbor', 'production', 'DB'),
    refused: 'not_found',
  },
  'DELETE /api/apps/:slug/state/:environment/:binding': {
    call: () => script.state.delete('harbor', 'preview', 'CACHE'),
    refused: 'not_found',
  },
  'GET /api/apps/:slug/deploy-hooks': { call: () => script.deployHooks.list('harbor', { limit: 1 }) },
  // An app of uploads has nothing to build without one.
  'POST /hooks/deploy/:token': { call: () => nobody.deployHooks.call(hookToken), refused: 'unprocessable' },
  'GET /api/integrations/github': { call: () => script.github.get() },
  'POST /api/integrations/github/manifest': {
    call: () => operator.github.manifest({ organization: 'octo' }),
  },
  'POST /api/integrations/github/app': {
    call: () => operator.github.registerApp({ code: 'a', state: 'b' }),
    refused: 'unprocessable',
  },
  'DELETE /api/integrations/github/app': { call: () => operator.github.removeApp(), refused: 'not_found' },
  'POST /api/integrations/github/installations/start': {
    call: () => person.github.start(),
    refused: 'not_found',
  },
  'POST /api/integrations/github/installations': {
    call: () => person.github.connect({ code: 'a', state: 'b' }),
    refused: 'unprocessable',
  },
  'DELETE /api/integrations/github/installations/:id': {
    call: () => script.github.disconnect('123'),
    refused: 'not_found',
  },
  'GET /api/integrations/github/repositories': {
    call: () => script.github.repositories({ search: 'site', limit: 1 }),
  },
  'GET /api/integrations/github/repositories/:owner/:name/branches': {
    call: () => script.github.branches('octo', 'site'),
    refused: 'not_found',
  },
  'DELETE /api/apps/:slug/deploy-hooks/:id': { call: () => script.deployHooks.delete('harbor', made.hook) },
  'POST /api/hooks': {
    call: async () => {
      const url = `${inject('receivers')}/${crypto.randomUUID()}`;
      const created = await script.hooks.create({ kind: 'webhook', url, events: ['deployment.failed'] });
      expect(created.secret).toMatch(/^afw_/);
      made.notification = created.id;
    },
  },
  'GET /api/hooks': { call: () => script.hooks.list() },
  'PATCH /api/hooks/:id': { call: () => script.hooks.update(made.notification, { name: 'status page' }) },
  'POST /api/hooks/:id/test': {
    call: async () => {
      const delivery = await script.hooks.test(made.notification);
      expect(delivery).toMatchObject({ event: 'test', status: 'delivered' });
      made.delivery = delivery.id;
    },
  },
  'GET /api/hooks/:id/deliveries': { call: () => script.hooks.deliveries(made.notification, { limit: 1 }) },
  'POST /api/hooks/:id/deliveries/:delivery/redeliver': {
    call: () => script.hooks.redeliver(made.notification, made.delivery),
  },
  'POST /api/hooks/:id/secret': { call: () => script.hooks.rotateSecret(made.notification) },
  'DELETE /api/hooks/:id': { call: () => script.hooks.delete(made.notification) },
  'POST /api/webhook-secrets': {
    call: async () => {
      const { id, secret, url } = await script.webhooks.createSecret({ provider: 'github', name: 'octo' });
      made.webhookSecret = id;
      webhook = { secret, teamId: new URL(url).searchParams.get('team') ?? '' };
    },
  },
  'GET /api/webhook-secrets': { call: () => script.webhooks.secrets() },
  'POST /hooks/github': {
    call: async () => {
      const body = { zen: 'Design for failure.' };
      const signature = createHmac('sha256', webhook.secret).update(JSON.stringify(body)).digest('hex');
      const headers = { 'X-GitHub-Event': 'ping', 'X-Hub-Signature-256': `sha256=${signature}` };
      const { teamId } = webhook;
      expect(await nobody.webhooks.deliver('github', { body, headers, teamId })).toHaveProperty('ignored');
    },
  },
  'POST /hooks/git/:provider': {
    call: () => nobody.webhooks.deliver('gitea', { body: {}, headers: {}, teamId: 'none' }),
    refused: 'unauthorized',
  },
  'DELETE /api/webhook-secrets/:id': { call: () => script.webhooks.deleteSecret(made.webhookSecret) },
  'DELETE /api/apps/:slug': { call: () => script.apps.delete('harbor') },
};

beforeAll(async () => {
  // Receivers of the tests are on loopback.
  env.APPFLUX_ALLOW_PRIVATE_TARGETS = '1';
  await forgetAll();
  person = clientOf((await signIn()).access_token);
});
afterAll(() => {
  delete env.APPFLUX_ALLOW_PRIVATE_TARGETS;
});
beforeEach(() => {
  called = [];
});

/** Whether a called path is one of a route, and of no other route that names more of it. */
const isOf = (route: string) => (call: string) => {
  const fits = (one: string) => new RegExp(`^${one.replace(/:\w+/g, '[^/]+')}$`).test(call);
  const names = (one: string) => one.split('/').filter((part) => !part.startsWith(':')).length;
  return fits(route) && !API_ROUTES.some((other) => names(other) > names(route) && fits(other));
};

test('each route has a method, or a reason to have none', () => {
  const missing = API_ROUTES.filter((route) => !(route in CALLS) && !(route in WITHOUT_METHOD));
  expect(missing, 'routes without a method in client/ and a line in this test').toEqual([]);
});

test('nothing here is of a route that is gone', () => {
  const gone = [...Object.keys(CALLS), ...Object.keys(WITHOUT_METHOD)].filter(
    (route) => !API_ROUTES.includes(route),
  );
  expect(gone).toEqual([]);
});

test.each(Object.entries(CALLS))('%s', async (route, { call, refused = 'nothing' }) => {
  const outcome = await call().then(
    () => 'nothing',
    (error: unknown) => (isAppFluxError(error) ? error.code : Promise.reject(error)),
  );
  expect(outcome).toBe(refused);
  expect(called.length).toBeGreaterThan(0);
  expect(called.every(isOf(route)), called.join(', ')).toBe(true);
});
