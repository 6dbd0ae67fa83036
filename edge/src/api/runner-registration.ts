/** How a machine becomes a runner: tokens, the registration itself, and its end by the runner's own hand. */
import {
  AppFluxError,
  CreateRegistrationToken,
  ErrorBody,
  FLEET_TOKEN_DAYS,
  type FleetToken,
  FleetTokens,
  formatNumber,
  MAX_RUNNERS,
  ObjectId,
  RegisteredRunner,
  RegisterRunner,
  RegistrationToken,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { note } from '../audit/note.ts';
import type { Env } from '../env.ts';
import { audited, bearer, json, jsonBody, needs, refusals, router, runnerOnly } from '../http/router.ts';
import { issueToken, MAX_TOKENS } from '../identity/one-time-token.ts';
import type { Metadata, TokenRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { poolOf } from '../pools/team-pool.ts';
import { hashToken, makeToken } from '../secrets/tokens.ts';

const DAY_MS = 24 * 3600_000;

export const runnerRegistration = router();

/** Refuses a runner that is one too many. Asked before the token is used: it is still good afterwards. */
async function requireRoom(env: Env, { runners }: Metadata, ownerId: string): Promise<void> {
  const most = /^\d+$/.test(env.MAX_RUNNERS ?? '') ? Number(env.MAX_RUNNERS) : MAX_RUNNERS;
  if ((await runners.count(ownerId)) < most) return;
  throw new AppFluxError(
    'unprocessable',
    `A team has at most ${formatNumber(most)} ${most === 1 ? 'runner' : 'runners'}`,
    {
      hint: 'Remove runners that no longer exist, then register this one again with the same token.',
    },
  );
}

/**
 * What allows a registration: a single-use token, which this takes, or a reusable one.
 * @throws AppFluxError `unauthorized` if there is none, `unprocessable` if the team has no room
 */
async function permission(env: Env, metadata: Metadata, token: string, now: string): Promise<TokenRecord> {
  const { tokens } = metadata;
  const hash = await hashToken(token);
  const [single, reusable] = await Promise.all([
    tokens.byHash('registration', hash, now),
    tokens.byHash('fleet', hash, now),
  ]);
  const offered = single ?? reusable;
  if (offered !== null) await requireRoom(env, metadata, offered.ownerId);
  if (reusable !== null) {
    await tokens.touch(reusable.id, now);
    return reusable;
  }
  const taken = await tokens.take('registration', hash, now);
  if (taken !== null) return taken;
  throw new AppFluxError(
    'unauthorized',
    'Invalid registration token: already used, expired, or never issued',
    { hint: 'Create a new one in the dashboard under Runners.' },
  );
}

const toFleetToken = ({ id, name, expiresAt, lastUsedAt, createdAt }: TokenRecord): FleetToken => ({
  id,
  name,
  // A reusable token is never made without an end.
  expiresAt: expiresAt ?? createdAt,
  lastUsedAt,
  createdAt,
});

runnerRegistration.openapi(
  createRoute({
    method: 'post',
    path: '/api/runners/tokens',
    summary: 'Create a token to register a runner',
    description:
      'By default it registers one runner within a day. With `reusable` it registers any number, for machines that come and go.',
    tags: ['runners'],
    security: bearer,
    middleware: [needs('runners:write')] as const,
    request: { body: { ...jsonBody(CreateRegistrationToken), required: false } },
    responses: { 201: json(RegistrationToken, 'The token, shown this once'), ...refusals },
  }),
  async (c) => {
    const caller = c.get('caller');
    const { reusable, name, days } = CreateRegistrationToken.parse(c.req.valid('json') ?? {});
    const expiresAt = new Date(
      Date.now() + (reusable ? (days ?? FLEET_TOKEN_DAYS.usual) : 1) * DAY_MS,
    ).toISOString();
    const { token, record } = await issueToken(c.get('metadata'), 'registration', {
      ownerId: caller.ownerId,
      kind: reusable ? 'fleet' : 'registration',
      name: name ?? 'Runner registration',
      createdBy: caller.userId,
      expiresAt,
    });
    await audited(c, 'runner.token', { kind: 'token', id: record.id, name: record.name });
    return c.json({ id: record.id, token, expiresAt }, 201);
  },
);

runnerRegistration.openapi(
  createRoute({
    method: 'get',
    path: '/api/runners/tokens',
    summary: 'List the reusable registration tokens, newest first, without the tokens themselves',
    tags: ['runners'],
    security: bearer,
    middleware: [needs('runners:write')] as const,
    responses: { 200: json(FleetTokens, 'The tokens'), ...refusals },
  }),
  async (c) => {
    const limit = MAX_TOKENS.fleet.most;
    const { items } = await c.get('metadata').tokens.list(c.get('caller').ownerId, 'fleet', { limit });
    return c.json({ items: items.map(toFleetToken) }, 200);
  },
);

runnerRegistration.openapi(
  createRoute({
    method: 'delete',
    path: '/api/runners/tokens/{id}',
    summary: 'Revoke a reusable registration token immediately',
    description: 'Runners that were registered with it stay.',
    tags: ['runners'],
    security: bearer,
    middleware: [needs('runners:write')] as const,
    request: { params: z.object({ id: ObjectId }) },
    responses: { 204: { description: 'Revoked' }, ...refusals },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { ownerId } = c.get('caller');
    const { tokens } = c.get('metadata');
    const record = await tokens.byId(ownerId, 'fleet', id);
    if (record === null || !(await tokens.delete(ownerId, 'fleet', id)))
      throw new AppFluxError('not_found', `There is no registration token ${id}`);
    await audited(c, 'token.revoke', { kind: 'token', id, name: record.name });
    return c.body(null, 204);
  },
);

runnerRegistration.openapi(
  createRoute({
    method: 'post',
    path: '/api/runners/register',
    summary: 'Register a runner with a registration token',
    tags: ['runners'],
    request: { body: jsonBody(RegisterRunner) },
    responses: {
      201: json(RegisteredRunner, 'The runner; its credential is shown this once'),
      400: json(ErrorBody, 'Invalid input'),
      401: json(ErrorBody, 'Invalid token'),
      422: json(ErrorBody, 'The team has reached its limit of runners'),
    },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const { token, name, labels, slots, version, executor = null, ephemeral = false } = c.req.valid('json');
    const now = new Date();
    const { ownerId } = await permission(c.env, metadata, token, now.toISOString());
    const credential = makeToken('runner');
    const id = newObjectId(now.getTime());
    await metadata.runners.insert({
      id,
      ownerId,
      name,
      labels: [...new Set(labels)],
      slots,
      executor,
      ephemeral,
      refusedProtocol: null,
      version,
      credentialHash: await hashToken(credential),
      draining: false,
      lastSeenAt: null,
      createdAt: now.toISOString(),
    });
    const actor = { kind: 'runner' as const, id, name };
    await note(metadata, ownerId, actor, 'runner.register', { kind: 'runner', id, name });
    return c.json({ id, name, credential }, 201);
  },
);

runnerRegistration.openapi(
  createRoute({
    method: 'delete',
    path: '/api/runners/self',
    summary: 'Remove the registration of the runner that asks',
    description: 'For runners only, with their credential. An ephemeral one does this when it ends.',
    tags: ['runners'],
    security: bearer,
    middleware: [runnerOnly] as const,
    responses: { 204: { description: 'Removed' }, ...refusals },
  }),
  async (c) => {
    const { id, ownerId, name } = c.get('runner');
    const metadata = c.get('metadata');
    await metadata.runners.delete(id);
    await poolOf(c.env, ownerId).revoke(id);
    await note(metadata, ownerId, { kind: 'runner', id, name }, 'runner.remove', {
      kind: 'runner',
      id,
      name,
    });
    return c.body(null, 204);
  },
);
