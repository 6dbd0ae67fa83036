/** Hooks: where a team's notifications are sent, and what became of them. */
import {
  AppFluxError,
  CreatedHook,
  CreateHook,
  type Hook,
  HookDelivery,
  Hook as HookSchema,
  HookSecret,
  Hooks,
  MAX_HOOKS,
  ObjectId,
  PageQuery,
  pageOf,
  UpdateHook,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Env } from '../env.ts';
import { type ApiEnv, audited, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import type { HookChange, HookRecord } from '../metadata/hooks.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { notificationsOf } from '../notify/announce.ts';
import { readTarget } from '../notify/target.ts';
import { createSealer, hookLabel } from '../secrets/sealing.ts';
import { makeToken } from '../secrets/tokens.ts';

const ById = z.object({ id: ObjectId });

const shared = { tags: ['notifications'], security: bearer, middleware: needs('apps:write') };

export const hooks = router();

hooks.openapi(
  createRoute({
    ...shared,
    method: 'get',
    path: '/api/hooks',
    summary: 'List the team’s hooks, newest first',
    responses: { 200: json(Hooks, 'Hooks'), ...refusals },
  }),
  async (c) => {
    const records = await c.get('metadata').hooks.list(c.get('caller').ownerId);
    const items = await Promise.all(records.map((record) => toHook(record, c.env)));
    return c.json({ items, nextCursor: null }, 200);
  },
);

hooks.openapi(
  createRoute({
    ...shared,
    method: 'post',
    path: '/api/hooks',
    summary: 'Create a hook, whose secret the response shows this once',
    description:
      'An email needs `address`, every other kind `url`. Without `apps` or `environments`, it is about all of them.',
    request: { body: jsonBody(CreateHook) },
    responses: { 201: json(CreatedHook, 'The hook'), ...refusals },
  }),
  async (c) => {
    const { kind, name = '', url, address, events, apps = [], environments = [] } = c.req.valid('json');
    const { ownerId } = c.get('caller');
    const metadata = c.get('metadata');
    const { target, shownTarget } = readTarget(kind, url ?? address ?? '', c.env);
    await requireApps(c, apps);
    if ((await metadata.hooks.count(ownerId)) >= MAX_HOOKS)
      throw new AppFluxError('too_many_hooks', `A team can have ${MAX_HOOKS} hooks`, {
        hint: 'Delete one that isn’t used any more.',
      });
    const id = newObjectId();
    const sealer = createSealer(c.env);
    const secret = kind === 'webhook' ? makeToken('hookSecret') : null;
    const record: HookRecord = {
      id,
      ownerId,
      kind,
      name,
      target: await sealer.seal(target, hookLabel(id, 'target')),
      shownTarget,
      secret: secret && (await sealer.seal(secret, hookLabel(id, 'secret'))),
      events: [...new Set(events)],
      apps: [...new Set(apps)],
      environments: [...new Set(environments)],
      enabled: true,
      disabledReason: null,
      createdAt: new Date().toISOString(),
    };
    await metadata.hooks.insert(record);
    await audited(c, 'notification.create', auditTarget(record));
    return c.json({ ...(await toHook(record, c.env)), secret }, 201);
  },
);

hooks.openapi(
  createRoute({
    ...shared,
    method: 'patch',
    path: '/api/hooks/{id}',
    summary: 'Change a hook',
    description:
      'Notifications that still wait are sent to the new target. `enabled: true` restarts a hook that AppFlux disabled.',
    request: { params: ById, body: jsonBody(UpdateHook) },
    responses: { 200: json(HookSchema, 'The hook'), ...refusals },
  }),
  async (c) => {
    const hook = await hookOf(c);
    const { url, address, enabled, ...change } = c.req.valid('json');
    const [target, other] = hook.kind === 'email' ? [address, url] : [url, address];
    if (other !== undefined)
      throw new AppFluxError(
        'unprocessable',
        `A hook of the kind ${hook.kind} has no ${hook.kind === 'email' ? 'url' : 'address'}`,
      );
    await requireApps(c, change.apps ?? []);
    const read = target === undefined ? null : readTarget(hook.kind, target, c.env);
    const sealed = read && (await createSealer(c.env).seal(read.target, hookLabel(hook.id, 'target')));
    const changed = await c.get('metadata').hooks.update(hook.id, {
      ...(change as HookChange),
      ...(read && sealed ? { target: sealed, shownTarget: read.shownTarget } : {}),
      ...(enabled === undefined ? {} : { enabled, disabledReason: null }),
    });
    if (changed === null) throw noHook(hook.id);
    if (enabled === true) await notificationsOf(c.env, hook.id).restart();
    await audited(c, 'notification.update', auditTarget(changed));
    return c.json(await toHook(changed, c.env), 200);
  },
);

hooks.openapi(
  createRoute({
    ...shared,
    method: 'delete',
    path: '/api/hooks/{id}',
    summary: 'Delete a hook with its deliveries',
    request: { params: ById },
    responses: { 204: { description: 'Deleted' }, ...refusals },
  }),
  async (c) => {
    const hook = await hookOf(c);
    if (!(await c.get('metadata').hooks.delete(hook.id))) throw noHook(hook.id);
    await notificationsOf(c.env, hook.id).destroy();
    await audited(c, 'notification.delete', auditTarget(hook));
    return c.body(null, 204);
  },
);

hooks.openapi(
  createRoute({
    ...shared,
    method: 'post',
    path: '/api/hooks/{id}/test',
    summary: 'Send a test notification now',
    description:
      'Sends it once, and responds with the delivery when the receiver has answered or had its time.',
    request: { params: ById },
    responses: { 200: json(HookDelivery, 'How it went'), ...refusals },
  }),
  async (c) => {
    const hook = await hookOf(c);
    const delivery = await notificationsOf(c.env, hook.id).sendTest();
    if (delivery === null) throw noHook(hook.id);
    await audited(c, 'notification.test', auditTarget(hook));
    return c.json(delivery, 200);
  },
);

hooks.openapi(
  createRoute({
    ...shared,
    method: 'post',
    path: '/api/hooks/{id}/secret',
    summary: 'Replace the secret that signs a webhook, and show the new one this once',
    description:
      'The previous secret ends immediately. A receiver that refuses a signature gets the notification again.',
    request: { params: ById },
    responses: { 200: json(HookSecret, 'The new secret'), ...refusals },
  }),
  async (c) => {
    const hook = await hookOf(c);
    if (hook.kind !== 'webhook')
      throw new AppFluxError('unprocessable', `A hook of the kind ${hook.kind} has no secret`);
    const secret = makeToken('hookSecret');
    const sealed = await createSealer(c.env).seal(secret, hookLabel(hook.id, 'secret'));
    if ((await c.get('metadata').hooks.update(hook.id, { secret: sealed })) === null) throw noHook(hook.id);
    await audited(c, 'notification.secret', auditTarget(hook));
    return c.json({ secret }, 200);
  },
);

hooks.openapi(
  createRoute({
    ...shared,
    method: 'get',
    path: '/api/hooks/{id}/deliveries',
    summary: 'List what a hook sent, newest first, with requests and responses',
    request: { params: ById, query: PageQuery },
    responses: { 200: json(pageOf(HookDelivery), 'Deliveries'), ...refusals },
  }),
  async (c) => {
    const hook = await hookOf(c);
    return c.json(await notificationsOf(c.env, hook.id).list(c.req.valid('query')), 200);
  },
);

hooks.openapi(
  createRoute({
    ...shared,
    method: 'post',
    path: '/api/hooks/{id}/deliveries/{delivery}/redeliver',
    summary: 'Send a notification again',
    description: 'It has the same id. If it still waits for its next attempt, that is made now.',
    request: { params: ById.extend({ delivery: ObjectId }) },
    responses: { 202: json(HookDelivery, 'It is sent'), ...refusals },
  }),
  async (c) => {
    const hook = await hookOf(c);
    const { delivery: id } = c.req.valid('param');
    if (!hook.enabled)
      throw new AppFluxError('unprocessable', 'The hook is disabled', { hint: 'Enable it first.' });
    const delivery = await notificationsOf(c.env, hook.id).redeliver(id);
    if (delivery === null) throw new AppFluxError('not_found', `The hook has no delivery ${id} (any more)`);
    await audited(c, 'notification.redeliver', auditTarget(hook));
    return c.json(delivery, 202);
  },
);

/** The hook of the path, which has to be the team's. */
async function hookOf(c: Context<ApiEnv>): Promise<HookRecord> {
  const id = c.req.param('id') ?? '';
  const hook = await c.get('metadata').hooks.byId(id);
  if (hook?.ownerId !== c.get('caller').ownerId) throw noHook(id);
  return hook;
}

const noHook = (id: string) => new AppFluxError('not_found', `There is no hook ${id}`);

/** A hook can only be about apps that the team has. */
async function requireApps(c: Context<ApiEnv>, slugs: readonly string[]): Promise<void> {
  const { apps } = c.get('metadata');
  for (const slug of new Set(slugs)) {
    if ((await apps.bySlug(slug))?.ownerId === c.get('caller').ownerId) continue;
    throw new AppFluxError('unprocessable', `There is no app ${slug}`, {
      hint: 'Name apps of this team by their slugs. An empty list stands for all of them.',
    });
  }
}

const auditTarget = ({ id, kind, name, shownTarget }: HookRecord) => ({
  kind: 'hook' as const,
  id,
  name: `${kind}: ${name || shownTarget}`,
});

async function toHook(record: HookRecord, env: Env): Promise<Hook> {
  const { id, kind, name, shownTarget, events, apps, environments, enabled, disabledReason, createdAt } =
    record;
  return {
    id,
    kind,
    name,
    target: shownTarget,
    events,
    apps,
    environments,
    enabled,
    disabledReason,
    createdAt,
    lastDelivery: await notificationsOf(env, id).last(),
  };
}
