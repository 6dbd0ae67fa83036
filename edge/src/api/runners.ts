/** Runners' records. How they are registered is in runner-registration.ts, what they work through in runner-work.ts. */
import {
  AppFluxError,
  DrainRunner,
  ObjectId,
  PageQuery,
  protocolFit,
  Runner,
  RunnerPage,
  sameCapacity,
  UpdateRunner,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import type { ConnectedRunner } from '../dispatch/connected-runner.ts';
import { audited, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import type { Metadata, RunnerChange, RunnerRecord } from '../metadata/metadata.ts';
import { poolOf } from '../pools/team-pool.ts';

const ById = z.object({ id: ObjectId });

/** The API's answer for a runner: what it is registered for, and how it is connected now. */
function toRunner(record: RunnerRecord, connected: ConnectedRunner | undefined): Runner {
  const { ownerId: _, credentialHash: __, draining, executor, ephemeral, refusedProtocol, ...facts } = record;
  const fit = refusedProtocol === null ? 'fits' : protocolFit(refusedProtocol);
  const rest = {
    ...facts,
    ...(ephemeral ? { ephemeral } : {}),
    ...(fit === 'fits' ? {} : { incompatible: fit }),
  };
  const unsandboxed = (connected?.executor ?? executor) === 'host' ? { executor: 'host' as const } : {};
  if (connected === undefined) return { ...rest, ...unsandboxed, busy: 0, status: 'offline' };
  const { announced, scanner } = connected;
  return {
    ...rest,
    ...unsandboxed,
    ...(sameCapacity(record, announced) ? {} : { announced }),
    busy: connected.busy,
    lastSeenAt: new Date(connected.lastSeenAt).toISOString(),
    status: draining || connected.draining ? 'draining' : 'online',
    ...(scanner === undefined ? {} : { scanner }),
  };
}

/** Runners as they are shown, of what is stored and of those that are connected. */
export function withConnections(
  records: readonly RunnerRecord[],
  online: readonly ConnectedRunner[],
): Runner[] {
  const byId = new Map(online.map((runner) => [runner.id, runner]));
  return records.map((record) => toRunner(record, byId.get(record.id)));
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

export const runners = router();

runners.openapi(
  createRoute({
    method: 'get',
    path: '/api/runners',
    summary: 'List your runners, newest first',
    tags: ['runners'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    request: { query: PageQuery },
    responses: { 200: json(RunnerPage, 'Runners'), ...refusals },
  }),
  async (c) => {
    const { ownerId } = c.get('caller');
    const { items, nextCursor } = await c.get('metadata').runners.page(ownerId, c.req.valid('query'));
    const online = items.length === 0 ? [] : await poolOf(c.env, ownerId).online(items.map(({ id }) => id));
    return c.json({ items: withConnections(items, online), nextCursor }, 200);
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
    return c.json(toRunner(changed, (await pool.online([changed.id]))[0]), 200);
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
    return c.json(toRunner(changed, (await pool.online([changed.id]))[0]), 200);
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
