/** Runners: registration and records. What they work through is in runner-work.ts. */
import {
  AppFluxError,
  DrainRunner,
  ErrorBody,
  MAX_RUNNERS,
  ObjectId,
  RegisteredRunner,
  RegisterRunner,
  RegistrationToken,
  Runner,
  RunnerList,
  sameCapacity,
  UpdateRunner,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { note } from '../audit/note.ts';
import type { ConnectedRunner } from '../dispatch/runner-sockets.ts';
import { audited, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import { issueToken } from '../identity/one-time-token.ts';
import type { Metadata, RunnerChange, RunnerRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { poolOf } from '../objects/pools.ts';
import { hashToken, makeToken } from '../secrets/tokens.ts';

const ById = z.object({ id: ObjectId });
const REGISTRATION_MS = 24 * 3600_000;

/** The API's answer for a runner: what it is registered for, and how it is connected now. */
export function toRunner(record: RunnerRecord, online: readonly ConnectedRunner[]): Runner {
  const { ownerId: _, credentialHash: __, draining, executor, ...rest } = record;
  const connected = online.find((runner) => runner.id === record.id);
  const unsandboxed = (connected?.executor ?? executor) === 'host' ? { executor: 'host' as const } : {};
  if (connected === undefined) return { ...rest, ...unsandboxed, busy: 0, status: 'offline' };
  const { announced, scanner } = connected;
  return {
    ...rest,
    ...unsandboxed,
    ...(sameCapacity(record, announced) ? {} : { announced }),
    busy: connected.busy,
    lastSeenAt: new Date(connected.lastSeenAt).toISOString(),
    status: draining ? 'draining' : 'online',
    ...(scanner === undefined ? {} : { scanner }),
  };
}

/** What a change does to a runner's registration, for the audit log; null when it changes nothing. */
function changesOf(before: RunnerRecord, after: RunnerRecord): string | null {
  const listed = (labels: readonly string[]) => (labels.length === 0 ? 'none' : labels.join(', '));
  const changes = [
    ...(after.name === before.name ? [] : [`name ${after.name}`]),
    ...(listed(after.labels) === listed(before.labels)
      ? []
      : [`labels ${listed(before.labels)} → ${listed(after.labels)}`]),
    ...(after.slots === before.slots ? [] : [`slots ${before.slots} → ${after.slots}`]),
  ];
  return changes.length === 0 ? null : changes.join(', ');
}

async function ownedRunner(metadata: Metadata, ownerId: string, id: string): Promise<RunnerRecord> {
  const runner = await metadata.runners.byId(id);
  if (runner === null || runner.ownerId !== ownerId)
    throw new AppFluxError('not_found', `There is no runner ${id}`);
  return runner;
}

/** Refuses a runner beyond MAX_RUNNERS. Asked before the token is used: it is still good afterwards. */
async function requireRoom({ runners }: Metadata, ownerId: string): Promise<void> {
  if ((await runners.count(ownerId)) < MAX_RUNNERS) return;
  throw new AppFluxError('unprocessable', `A team has at most ${MAX_RUNNERS} runners`, {
    hint: 'Remove runners that no longer exist, then register this one again with the same token.',
  });
}

export const runners = router();

runners.openapi(
  createRoute({
    method: 'get',
    path: '/api/runners',
    summary: 'List your runners',
    tags: ['runners'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    responses: { 200: json(RunnerList, 'Runners'), ...refusals },
  }),
  async (c) => {
    const { ownerId } = c.get('caller');
    const [records, online] = await Promise.all([
      c.get('metadata').runners.list(ownerId),
      poolOf(c.env, ownerId).online(),
    ]);
    return c.json({ items: records.map((record) => toRunner(record, online)) }, 200);
  },
);

runners.openapi(
  createRoute({
    method: 'post',
    path: '/api/runners/tokens',
    summary: 'Create a single-use token to register a runner',
    tags: ['runners'],
    security: bearer,
    middleware: [needs('runners:write')] as const,
    responses: { 201: json(RegistrationToken, 'The token, shown this once'), ...refusals },
  }),
  async (c) => {
    const caller = c.get('caller');
    const expiresAt = new Date(Date.now() + REGISTRATION_MS).toISOString();
    const { token, record } = await issueToken(c.get('metadata'), 'registration', {
      ownerId: caller.ownerId,
      kind: 'registration',
      name: 'Runner registration',
      createdBy: caller.userId,
      expiresAt,
    });
    await audited(c, 'runner.token', { kind: 'token', id: record.id, name: record.name });
    return c.json({ id: record.id, token, expiresAt }, 201);
  },
);

runners.openapi(
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
    const { token, name, labels, slots, version, executor = null } = c.req.valid('json');
    const now = new Date();
    const hash = await hashToken(token);
    const offered = await metadata.tokens.byHash('registration', hash, now.toISOString());
    if (offered !== null) await requireRoom(metadata, offered.ownerId);
    const registration = await metadata.tokens.take('registration', hash, now.toISOString());
    if (registration === null) {
      throw new AppFluxError(
        'unauthorized',
        'Invalid registration token: already used, expired, or never issued',
        {
          hint: 'Create a new one in the dashboard under Runners.',
        },
      );
    }
    const credential = makeToken('runner');
    const id = newObjectId(now.getTime());
    await metadata.runners.insert({
      id,
      ownerId: registration.ownerId,
      name,
      labels: [...new Set(labels)],
      slots,
      executor,
      version,
      credentialHash: await hashToken(credential),
      draining: false,
      lastSeenAt: null,
      createdAt: now.toISOString(),
    });
    const actor = { kind: 'runner' as const, id, name };
    await note(metadata, registration.ownerId, actor, 'runner.register', { kind: 'runner', id, name });
    return c.json({ id, name, credential }, 201);
  },
);

runners.openapi(
  createRoute({
    method: 'patch',
    path: '/api/runners/{id}',
    summary: 'Change a runner’s labels, slots or executor',
    description:
      'Takes effect immediately, also for a connected runner. Running builds continue. Lower limits in the runner’s own settings take precedence.',
    tags: ['runners'],
    security: bearer,
    middleware: [needs('runners:write')] as const,
    request: { params: ById, body: jsonBody(UpdateRunner) },
    responses: { 200: json(Runner, 'The runner'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const runner = await ownedRunner(metadata, c.get('caller').ownerId, c.req.valid('param').id);
    const { name, labels, slots } = c.req.valid('json');
    const change: RunnerChange = {
      ...(name === undefined ? {} : { name }),
      ...(labels === undefined ? {} : { labels: [...new Set(labels)] }),
      ...(slots === undefined ? {} : { slots }),
    };
    const changed = await metadata.runners.update(runner.id, change);
    if (changed === null) throw new AppFluxError('not_found', `There is no runner ${runner.id}`);
    const pool = poolOf(c.env, runner.ownerId);
    // Also when nothing has changed: asking again reaches a pool that did not answer before.
    await pool.register(changed);
    const changes = changesOf(runner, changed);
    if (changes !== null) {
      const target = { kind: 'runner' as const, id: runner.id, name: `${runner.name}: ${changes}` };
      await audited(c, 'runner.update', target);
    }
    return c.json(toRunner(changed, await pool.online()), 200);
  },
);

runners.openapi(
  createRoute({
    method: 'post',
    path: '/api/runners/{id}/drain',
    summary: 'Drain a runner: it finishes its builds and gets no new ones',
    tags: ['runners'],
    security: bearer,
    middleware: [needs('runners:write')] as const,
    request: {
      params: ById,
      body: { ...jsonBody(DrainRunner), required: false },
    },
    responses: { 200: json(Runner, 'The runner'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const runner = await ownedRunner(metadata, c.get('caller').ownerId, c.req.valid('param').id);
    const { draining = true } = c.req.valid('json') ?? {};
    const pool = poolOf(c.env, runner.ownerId);
    const changed = (await metadata.runners.update(runner.id, { draining })) ?? runner;
    await pool.drain(runner.id, draining);
    await audited(c, 'runner.drain', { kind: 'runner', id: runner.id, name: runner.name });
    return c.json(toRunner(changed, await pool.online()), 200);
  },
);

runners.openapi(
  createRoute({
    method: 'delete',
    path: '/api/runners/{id}',
    summary: 'Remove a runner and disconnect it immediately',
    tags: ['runners'],
    security: bearer,
    middleware: [needs('runners:write')] as const,
    request: { params: ById },
    responses: { 204: { description: 'Removed' }, ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const runner = await ownedRunner(metadata, c.get('caller').ownerId, c.req.valid('param').id);
    await metadata.runners.delete(runner.id);
    await poolOf(c.env, runner.ownerId).revoke(runner.id);
    await audited(c, 'runner.remove', { kind: 'runner', id: runner.id, name: runner.name });
    return c.body(null, 204);
  },
);
