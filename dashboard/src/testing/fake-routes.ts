import {
  type ApiToken,
  type App,
  AppFluxError,
  BuildLimits,
  base64Bytes,
  CreateApp,
  CreateArtifactLink,
  CreateDeployHook,
  CreateDeployment,
  CreateInvitation,
  CreateMetricsToken,
  CreateToken,
  CreateUpload,
  DeleteTeam,
  type Deployment,
  ExpoSigningKeyInput,
  FileInput,
  hasEnded,
  type InstanceAddresses,
  ObjectId,
  OpenSite,
  PictureSize,
  PromoteDeployment,
  Redeploy,
  ReleaseDeployment,
  type Role,
  SeenSettings,
  SetMaintenance,
  STATEMENT_TYPE,
  sensitivityOf,
  TriggerRules,
  UpdateApp,
  UpdateDeployment,
  UpdateMember,
  UpdateRunner,
  VariableChange,
  VariableInput,
} from '@appflux/protocol';
import { z } from 'zod';
import { ACTIVITY_ROUTES, listed } from './fake-activity.ts';
import { analyticsOf } from './fake-analytics.ts';
import {
  type Answer,
  type Call,
  newId,
  page,
  type Routes,
  requireFound,
  type Surroundings,
} from './fake-call.ts';
import { COMPARISON_ROUTES } from './fake-comparison.ts';
import { DEVICE_ROUTES } from './fake-device.ts';
import { addDomain, removeDomain, verifyDomain } from './fake-domains.ts';
import { GIT_ROUTES } from './fake-git-hosts.ts';
import { LOOK_ROUTES } from './fake-look.ts';
import { NOTIFICATION_ROUTES } from './fake-notifications.ts';
import { SERVER_ROUTES } from './fake-server.ts';
import { listedApps, OVERVIEW_ROUTES } from './fake-team-overview.ts';
import { TRIGGER_ROUTES } from './fake-triggers.ts';
import { app as makeApp, deployment as makeDeployment, member, OWNER } from './fixtures.ts';
import { outlineOf } from './sample-log.ts';
import { samplePicture } from './sample-picture.ts';
import type { World } from './world.ts';

const PART_SIZE = 5 * 1024 * 1024;

/** An instance without a wildcard record, whose certificate can't be renewed. */
const ADDRESSES: InstanceAddresses = {
  publicUrl: 'https://flux.harbor.example',
  sitesDomain: 'sites.harbor.example',
  tls: 'auto',
  certificates: [
    {
      host: 'flux.harbor.example',
      expiresAt: '2026-12-08T12:00:00.000Z',
      daysLeft: 9,
      error: { message: 'HTTP 429 urn:ietf:params:acme:error:rateLimited', at: '2026-11-29T12:00:00.000Z' },
    },
    { host: 'harbor.sites.harbor.example', expiresAt: '2027-02-20T12:00:00.000Z', daysLeft: 82, error: null },
  ],
  missingRecords: {
    dashboard: [],
    wildcard: { type: 'CNAME', name: '*.sites.harbor.example', value: 'flux.harbor.example' },
    sites: [{ type: 'CNAME', name: 'harbor.sites.harbor.example', value: 'flux.harbor.example' }],
  },
};

const maintenanceOf = ({ maintenance, overview }: World) => ({
  on: maintenance !== null,
  since: maintenance?.since ?? null,
  reason: maintenance?.reason ?? null,
  running: overview.unended?.building ?? 0,
  queued: overview.unended?.queued ?? 0,
});

const appOf = ({ world, id }: Call) => requireFound(world.apps.find(({ slug }) => slug === id));
const deploymentOf = ({ world, id }: Call) => requireFound(world.deployments.find((one) => one.id === id));
const runnerOf = ({ world, id }: Call) => requireFound(world.runners.find((one) => one.id === id));

function deploy(world: World, { id: appId, slug, name }: App, over: Partial<Deployment>): Deployment {
  const made = makeDeployment({
    id: newId(),
    appId,
    app: { slug, name },
    commitHash: null,
    commitMessage: null,
    trigger: 'manual',
    creator: { kind: 'user', name: 'owner@harbor.example' },
    number:
      1 +
      Math.max(0, ...world.deployments.filter(({ app }) => app.slug === slug).map(({ number }) => number)),
    createdAt: new Date().toISOString(),
    ...over,
  });
  world.deployments.unshift(made);
  return made;
}

/** Refuses a release that replaces another one than its caller saw. */
function requireFrom({ release, slug }: App, from: string | null | undefined): void {
  if (from !== undefined && from !== release)
    throw new AppFluxError('release_changed', `Another deployment of ${slug} has gone live meanwhile`);
}

/** Moves the pointer of an app. */
function releaseOf(app: App, deploymentId: string): App {
  const { release: previousRelease } = app;
  return Object.assign(app, {
    release: deploymentId,
    previousRelease,
    releasedAt: new Date().toISOString(),
  });
}

/** The permissions of each role, as on the edge. */
const PERMISSIONS: Readonly<Record<Role, readonly string[]>> = {
  owner: [
    'apps:read',
    'apps:write',
    'variables:write',
    'deployments:read',
    'deployments:write',
    'runners:write',
    'admin',
    'members:read',
    'tokens:own',
  ],
  get admin() {
    return this.owner;
  },
  developer: [
    'apps:read',
    'variables:write',
    'deployments:read',
    'deployments:write',
    'members:read',
    'tokens:own',
  ],
  viewer: ['apps:read', 'deployments:read', 'members:read'],
};

/** The token of the valid invitation. */
export const VALID_INVITATION = 'afi_good';

function requireInvitation(body: unknown): void {
  const { token } = z.strictObject({ token: z.string() }).parse(body);
  if (token !== VALID_INVITATION) throw new AppFluxError('not_found', 'The invitation was used already');
}

const ROUTES: Routes = {
  ...TRIGGER_ROUTES,
  ...GIT_ROUTES,
  ...LOOK_ROUTES,
  ...NOTIFICATION_ROUTES,
  ...DEVICE_ROUTES,
  ...SERVER_ROUTES,
  'GET apps': ({ world, query }) => [200, listedApps(world, query)],
  ...OVERVIEW_ROUTES,
  'POST apps': ({ world, body }) => {
    const { name, slug = 'app', source, type = null } = CreateApp.parse(body);
    if (world.apps.some((other) => other.slug === slug)) {
      throw new AppFluxError('slug_taken', `${slug} is taken`);
    }
    const made = makeApp({ id: newId(), name, slug, source, type });
    world.apps.unshift(made);
    return [201, made];
  },
  'GET apps/:id': (call) => [200, appOf(call)],
  'PATCH apps/:id': (call) => {
    const changed = appOf(call);
    const { access, password, triggers, from = {}, ...rest } = UpdateApp.parse(call.body);
    const isOutdated = ([name, value]: [string, unknown]) =>
      JSON.stringify(value) !==
      JSON.stringify(SeenSettings.parse({ [name]: Reflect.get(changed, name) })[name as keyof SeenSettings]);
    if (Object.entries(from).some(isOutdated))
      throw new AppFluxError('settings_changed', 'Someone else has changed the settings');
    Object.assign(changed.access, access);
    changed.triggers = TriggerRules.parse({ ...changed.triggers, ...triggers });
    if (password !== undefined) changed.hasPassword = password !== null;
    return [200, Object.assign(changed, rest)];
  },
  'DELETE apps/:id': (call) => {
    const gone = appOf(call);
    call.world.apps = call.world.apps.filter((other) => other !== gone);
    return [204];
  },
  'PUT apps/:id/env/:name': (call) => {
    const changed = appOf(call);
    const { value, environments, sensitive = null } = VariableInput.parse(call.body);
    const others = changed.envVars.filter(({ name }) => name !== call.name);
    const variable = {
      name: call.name,
      environments: environments ?? ['production', 'preview'],
      sensitive: sensitive ?? sensitivityOf(call.name, value).sensitive,
      automatic: sensitive === null,
      updatedAt: new Date().toISOString(),
    } satisfies App['envVars'][number];
    changed.envVars = [...others, variable];
    return [204];
  },
  'PATCH apps/:id/env/:name': (call) => {
    const changed = appOf(call);
    const { environments, sensitive } = VariableChange.parse(call.body);
    changed.envVars = changed.envVars.map((variable) =>
      variable.name === call.name
        ? {
            ...variable,
            ...(environments && { environments }),
            ...(sensitive && { sensitive, automatic: false }),
            updatedAt: new Date().toISOString(),
          }
        : variable,
    );
    return [204];
  },
  'DELETE apps/:id/env/:name': (call) => {
    const changed = appOf(call);
    changed.envVars = changed.envVars.filter(({ name }) => name !== call.name);
    return [204];
  },
  'PUT apps/:id/files/:name': (call) => {
    const changed = appOf(call);
    const { content, environments = ['production', 'preview'] } = FileInput.parse(call.body);
    const others = changed.files.filter(({ name }) => name !== call.name);
    changed.files = [...others, { name: call.name, size: base64Bytes(content), environments }];
    return [204];
  },
  'DELETE apps/:id/files/:name': (call) => {
    const changed = appOf(call);
    changed.files = changed.files.filter(({ name }) => name !== call.name);
    return [204];
  },
  'POST apps/:id/release': (call) => {
    const { deploymentId, from } = ReleaseDeployment.parse(call.body);
    requireFrom(appOf(call), from);
    return [200, releaseOf(appOf(call), deploymentId)];
  },
  'POST apps/:id/release/lock': (call) => [200, Object.assign(appOf(call), { releaseLocked: true })],
  'DELETE apps/:id/release/lock': (call) => [200, Object.assign(appOf(call), { releaseLocked: false })],
  'GET apps/:id/deployments': (call) => [
    200,
    page(listed(call.world, call.query, appOf(call).slug), call.query),
  ],
  ...ACTIVITY_ROUTES,
  'POST apps/:id/deployments': (call) => {
    const { branch = null, environment = 'production', uploadId } = CreateDeployment.parse(call.body);
    const trigger = uploadId ? 'upload' : 'manual';
    return [202, deploy(call.world, appOf(call), { branch, environment, trigger })];
  },
  'GET analytics': ({ world, query }) => [200, analyticsOf(world, query)],
  'GET deployments/:id/notes': ({ world, id }) => [200, { notes: world.notes.get(id) ?? null }],
  'PATCH deployments/:id': ({ world, id, body }) => {
    const { notes } = UpdateDeployment.parse(body);
    if (notes) world.notes.set(id, { text: notes, source: 'typed' });
    else world.notes.delete(id);
    return [200, { notes: world.notes.get(id) ?? null }];
  },
  'POST deployments/:id/links': ({ id, body, origin }) => {
    const { name, expiresInSeconds } = CreateArtifactLink.parse(body);
    const expires = Date.now() + expiresInSeconds * 1000;
    return [200, { url: `${origin}/dl/${id}/${name}?sig=good`, expiresAt: new Date(expires).toISOString() }];
  },
  'GET deployments/:id/attestation': () => [
    200,
    { payloadType: STATEMENT_TYPE, payload: 'e30=', signatures: [{ keyid: 'a', sig: 'c2ln' }] },
  ],
  ...COMPARISON_ROUTES,
  'GET deployments/:id': (call) => [200, deploymentOf(call)],
  'GET deployments/:id/picture': (call) => {
    if (deploymentOf(call).picture === null)
      throw new AppFluxError('not_found', 'There is no picture of this deployment');
    return [200, samplePicture(PictureSize.parse(call.query.get('size') ?? 'wide'))];
  },
  'GET deployments/:id/downloads': (call) => {
    const items = deploymentOf(call).artifacts.map(({ name }, index) => ({
      name,
      downloads: 1204 - 900 * index,
    }));
    return [200, { items, total: items.reduce((sum, { downloads }) => sum + downloads, 0) }];
  },
  'POST deployments/:id/cancel': (call) => {
    const canceled = deploymentOf(call);
    if (hasEnded(canceled.status)) throw new AppFluxError('already_ended', 'The deployment has ended');
    call.change(call.id, { status: 'canceling' });
    return [202, canceled];
  },
  'POST deployments/:id/redeploy': (call) => {
    Redeploy.parse(call.body);
    const { app, branch, environment } = deploymentOf(call);
    const of = requireFound(call.world.apps.find(({ slug }) => slug === app.slug));
    return [202, deploy(call.world, of, { branch, environment })];
  },
  'POST deployments/:id/promote': (call) => {
    const { force = false } = PromoteDeployment.parse(call.body);
    const promoted = deploymentOf(call);
    if (!force && call.world.differing.length > 0) {
      throw new AppFluxError(
        'variables_differ',
        `This preview was built with other variables than production has: ${call.world.differing.join(', ')}`,
      );
    }
    const of = requireFound(call.world.apps.find(({ slug }) => slug === promoted.app.slug));
    releaseOf(of, promoted.id);
    return [202, Object.assign(promoted, { promotedAt: new Date().toISOString() })];
  },
  'POST deployments/:id/pin': (call) => [200, Object.assign(deploymentOf(call), { pinned: true })],
  'DELETE deployments/:id/pin': (call) => [200, Object.assign(deploymentOf(call), { pinned: false })],
  'GET deployments/:id/logs': (call) => {
    if (call.world.damagedLogs.has(call.id))
      throw new AppFluxError('log_damaged', 'The log is damaged in storage');
    const after = Number(call.query.get('after'));
    const lines = call.world.logs.get(call.id) ?? [];
    const items = lines.filter(({ seq }) => seq > after).slice(0, Number(call.query.get('limit') ?? 1000));
    const ended = hasEnded(deploymentOf(call).status);
    return [200, { items, lastSeq: lines.at(-1)?.seq ?? 0, ended }];
  },
  'GET deployments/:id/logs/:name': (call) => {
    if (!hasEnded(deploymentOf(call).status)) {
      throw new AppFluxError('log_not_archived', 'The log of this deployment isn’t archived yet');
    }
    return [200, outlineOf(call.world.logs.get(call.id) ?? [])];
  },
  'GET deployments/:id/logs.ndjson': ({ world, id }) => {
    const lines = world.logs.get(id) ?? [];
    return [200, lines.map((line) => `${JSON.stringify(line)}\n`).join('')];
  },
  'POST uploads': ({ body, storageOrigin }) => {
    const uploadId = newId();
    const count = Math.ceil(CreateUpload.parse(body).size / PART_SIZE);
    const parts = Array.from({ length: count }, (_, index) => ({
      partNumber: index + 1,
      url: `${storageOrigin}/${uploadId}/${index + 1}`,
    }));
    return [201, { uploadId, partSize: PART_SIZE, parts }];
  },
  'POST uploads/:id/complete': ({ id, stored }) => {
    const own = [...stored].filter(([path]) => path.startsWith(`/${id}/`));
    return [200, { uploadId: id, size: own.reduce((sum, [, size]) => sum + size, 0) }];
  },
  'GET runners': ({ world, query }) => [200, page(world.runners, query)],
  'GET runners/:id': () => [
    200,
    {
      version: '1.2.3',
      url: 'https://apps.example.com',
      scriptUrl: 'https://apps.example.com/install-runner.sh',
      scriptSha256: '5ad1f0b27c9e4f3b8f7a60d1c2e39b845ad1f0b27c9e4f3b8f7a60d1c2e39b84',
      packageSha256: '9c2e39b845ad1f0b27c9e4f3b8f7a60d19c2e39b845ad1f0b27c9e4f3b8f7a60',
      packageBytes: 712_000,
    },
  ],
  // `runners/tokens` has a fixed segment in place of the id, as has `runners/installer` above.
  'POST runners/:id': () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    return [201, { id: newId(), token: 'afr_8Qk2mZ7pWc4xTn1v', expiresAt }];
  },
  'PATCH runners/:id': (call) => {
    const own = runnerOf(call);
    const { name = own.name, labels = own.labels, slots = own.slots } = UpdateRunner.parse(call.body);
    return [200, Object.assign(own, { name, labels, slots })];
  },
  'POST runners/:id/drain': (call) => {
    const { draining } = z.strictObject({ draining: z.boolean() }).parse(call.body);
    return [200, Object.assign(runnerOf(call), { status: draining ? 'draining' : 'online' })];
  },
  'DELETE runners/:id': (call) => {
    const gone = runnerOf(call);
    call.world.runners = call.world.runners.filter((other) => other !== gone);
    return [204];
  },
  'GET team/:id': ({ world }) => [200, world.limits],
  'PUT team/:id': ({ world, body }) => {
    world.limits = BuildLimits.parse(body);
    return [200, world.limits];
  },
  'GET tokens': ({ world, query }) => [200, page(world.tokens, query)],
  'POST tokens': ({ world, body }) => {
    const { expiresAt = null, name, scopes } = CreateToken.parse(body);
    const createdAt = new Date().toISOString();
    const token: ApiToken = { id: newId(), name, scopes, expiresAt, lastUsedAt: null, createdAt };
    world.tokens.unshift(token);
    return [201, { ...token, token: 'aft_4f9c2e7ab1d84c06_Zk3vQ9' }];
  },
  'DELETE tokens/:id': ({ world, id }) => {
    world.tokens = world.tokens.filter((token) => token.id !== id);
    return [204];
  },
  'GET config': ({ origin, world: { mail, maintenance } }) => [
    200,
    {
      auth: { issuer: 'embedded', url: origin, key: 'appflux', github: true, signUp: 'invitation' },
      mail,
      maintenance,
    },
  ],
  'GET me': ({ world: { role, team } }) => {
    if (team === 'deleted') throw new AppFluxError('no_team', 'You are not in a team yet');
    const me = {
      kind: 'user',
      userId: OWNER,
      name: 'owner@harbor.example',
      teamId: OWNER,
      role,
      ofInstance: team === 'instance',
      permissions: [...PERMISSIONS[role], ...(team === 'instance' ? ['outbox:read'] : [])],
      teams: [{ id: OWNER, name: 'owner@harbor.example', role }],
    };
    return [200, me];
  },
  'DELETE team': ({ world, body }) => {
    const { name } = DeleteTeam.parse(body);
    if (name !== 'owner@harbor.example') throw new AppFluxError('unprocessable', 'Wrong team name');
    world.team = 'deleted';
    return [204];
  },
  'GET members': ({ world, query }) => [200, page([...world.members].reverse(), query)],
  'PATCH members/:id': ({ world, id, body }) => {
    const changed = requireFound(world.members.find(({ userId }) => userId === id));
    const owners = world.members.filter(({ role }) => role === 'owner');
    const { role } = UpdateMember.parse(body);
    if (owners.length === 1 && owners[0] === changed && role !== 'owner') {
      throw new AppFluxError('last_owner', 'A team needs an owner');
    }
    return [200, Object.assign(changed, { role })];
  },
  'DELETE members/:id': ({ world, id }) => {
    world.members = world.members.filter(({ userId }) => userId !== id);
    return [204];
  },
  'GET invitations': ({ world, query }) => [200, page(world.invitations, query)],
  // `invitations/look` and `invitations/accept` have a fixed segment in place of the id.
  'POST invitations/:id': ({ id, world, body }) => {
    requireInvitation(body);
    if (id === 'look') {
      const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
      return [200, { role: 'developer', invitedBy: 'owner@harbor.example', expiresAt }];
    }
    world.members.push(member({ role: 'developer' }));
    return [200, { teamId: OWNER, role: 'developer' }];
  },
  'POST invitations': ({ world, body, origin }) => {
    const { role, note, days, email = null } = CreateInvitation.parse(body);
    const now = Date.now();
    const made = {
      id: newId(),
      role,
      note: note || (email ?? ''),
      expiresAt: new Date(now + days * 86_400_000).toISOString(),
      createdAt: new Date(now).toISOString(),
    };
    world.invitations.unshift(made);
    return [201, { ...made, url: `${origin}/invite#token=${VALID_INVITATION}`, sentTo: email }];
  },
  'DELETE invitations/:id': ({ world, id }) => {
    world.invitations = world.invitations.filter((invitation) => invitation.id !== id);
    return [204];
  },
  // `ops/outbox` and others have a fixed segment in place of the id.
  'GET ops/:id': ({ world, id }) => {
    const answers: Record<string, () => unknown> = {
      addresses: () => ADDRESSES,
      overview: () => world.overview,
      'metrics-tokens': () => ({ items: world.metricsTokens }),
      maintenance: () => maintenanceOf(world),
      outbox: () => ({ items: world.links }),
    };
    return [200, requireFound(answers[id])()];
  },
  // `ops/metrics-tokens` has a fixed segment in place of the id.
  'POST ops/:id': ({ world, body }) => {
    const { name } = CreateMetricsToken.parse(body);
    const made = { id: newId(), name, lastUsedAt: null, createdAt: new Date().toISOString() };
    world.metricsTokens.unshift(made);
    return [201, { ...made, token: 'afm_8Qk2mZ7pWc4xTn1v' }];
  },
  'DELETE ops/:id/:name': ({ world, name }) => {
    world.metricsTokens = world.metricsTokens.filter(({ id }) => id !== name);
    return [204];
  },
  'PUT ops/:id': ({ world, body }) => {
    const { on, reason = null } = SetMaintenance.parse(body);
    world.maintenance = on ? { since: new Date().toISOString(), reason } : null;
    return [200, maintenanceOf(world)];
  },
  'POST site-access': ({ body, origin }) => {
    const { host = '' } = OpenSite.parse(body);
    // Hosts of other teams.
    if (host.startsWith('other.')) throw new AppFluxError('not_found', 'There is no such site in your teams');
    return [200, { url: `${origin}/analytics` }];
  },
  'GET audit': ({ world, query }) => [200, page(world.audit, query)],
  // `updates/expo` is followed by `/signing-key`.
  'GET apps/:id/updates/:name': ({ world: { expoKey } }) => {
    if (expoKey === null) throw new AppFluxError('not_found', 'The app has no code signing key');
    return [200, expoKey];
  },
  'PUT apps/:id/updates/:name': ({ world, body }) => {
    const { keyId, certificate } = ExpoSigningKeyInput.parse(body);
    const createdAt = new Date().toISOString();
    world.expoKey = { keyId, certificate, expiresAt: '2036-11-10T12:00:00.000Z', createdAt };
    return [200, world.expoKey];
  },
  'DELETE apps/:id/updates/:name': ({ world }) => {
    world.expoKey = null;
    return [204];
  },
  'GET apps/:id/domains': ({ world }) => [200, { items: world.domains }],
  'POST apps/:id/domains': ({ world, body }) => [201, addDomain(world, body)],
  // The host is followed by `/verify`.
  'POST apps/:id/domains/:name': ({ world, name }) => [200, verifyDomain(world, name)],
  'DELETE apps/:id/domains/:name': ({ world, name }) => {
    removeDomain(world, name);
    return [204];
  },
  'GET apps/:id/deploy-hooks': ({ world, query }) => [200, page(world.hooks, query)],
  'POST apps/:id/deploy-hooks': ({ world, body, origin }) => {
    const { name } = CreateDeployHook.parse(body);
    const made = { id: newId(), name, lastUsedAt: null, createdAt: new Date().toISOString() };
    world.hooks.unshift(made);
    return [201, { ...made, url: `${origin}/hooks/deploy/afh_8Qk2mZ7pWc4xTn1v` }];
  },
  'DELETE apps/:id/deploy-hooks/:name': ({ world, name }) => {
    world.hooks = world.hooks.filter(({ id }) => id !== name);
    return [204];
  },
};

/** Handles a call of the API. Throws an AppFluxError if it is refused. */
export function answerTo(method: string, url: URL, body: unknown, around: Surroundings): Answer {
  const [, , resource = '', id = '', third = '', fourth = '', rest = ''] = url.pathname.split('/');
  // `ops/metrics-tokens/ID` has an id in place of a part.
  const fixed = third === 'release' && fourth === 'lock';
  const [part, name] = ObjectId.safeParse(third).success
    ? ['', third]
    : fixed
      ? ['release/lock', '']
      : [third, fourth];
  const route = `${method} ${resource}${id && '/:id'}${part && `/${part}`}${name && '/:name'}`;
  const handler = ROUTES[route];
  if (handler === undefined) throw new AppFluxError('not_found', `There is no ${route}`);
  return handler({ ...around, id, name, rest, query: url.searchParams, body });
}
