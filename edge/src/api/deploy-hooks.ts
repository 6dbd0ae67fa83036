/** Deploy hooks: addresses that deploy an App when they are called, made and revoked under the App. */
import {
  AppFluxError,
  CreateDeployHook,
  CreatedDeployHook,
  DeployHook,
  ErrorBody,
  HookDeploy,
  HookDeployed,
  issuesOf,
  ObjectId,
  PageQuery,
  pageOf,
  Slug,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { note } from '../audit/note.ts';
import { deployByHook } from '../deployment/hook-calls.ts';
import { audited, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import { isDue } from '../identity/authenticate.ts';
import { issueToken } from '../identity/one-time-token.ts';
import type { TokenRecord } from '../metadata/metadata.ts';
import { hashToken } from '../secrets/tokens.ts';
import { setting } from '../settings.ts';
import { ownedApp } from './apps.ts';

const BySlug = z.object({ slug: Slug });
const MAX_BODY_BYTES = 16 * 1024;

const toHook = ({ id, name, lastUsedAt, createdAt }: TokenRecord): DeployHook => ({
  id,
  name,
  lastUsedAt,
  createdAt,
});

export const deployHooks = router();

const shared = { tags: ['hooks'], security: bearer, middleware: needs('apps:write') };

deployHooks.openapi(
  createRoute({
    ...shared,
    method: 'get',
    path: '/api/apps/{slug}/deploy-hooks',
    summary: 'List an app’s deploy hooks, without their addresses',
    request: { params: BySlug, query: PageQuery },
    responses: { 200: json(pageOf(DeployHook), 'Deploy hooks'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const app = await ownedApp(metadata, c.get('caller').ownerId, c.req.valid('param').slug);
    const page = await metadata.tokens.list(app.ownerId, 'deploy_hook', c.req.valid('query'), {
      appId: app.id,
    });
    return c.json({ ...page, items: page.items.map(toHook) }, 200);
  },
);

deployHooks.openapi(
  createRoute({
    ...shared,
    method: 'post',
    path: '/api/apps/{slug}/deploy-hooks',
    summary: 'Make a deploy hook, whose address the answer shows this once',
    request: { params: BySlug, body: jsonBody(CreateDeployHook) },
    responses: { 201: json(CreatedDeployHook, 'The hook'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const caller = c.get('caller');
    const app = await ownedApp(metadata, caller.ownerId, c.req.valid('param').slug);
    const { token, record } = await issueToken(metadata, 'deployHook', {
      ownerId: app.ownerId,
      kind: 'deploy_hook',
      name: c.req.valid('json').name,
      appId: app.id,
      createdBy: caller.userId,
    });
    await audited(c, 'hook.create', { kind: 'hook', id: record.id, name: `${app.slug}: ${record.name}` });
    return c.json({ ...toHook(record), url: `${setting(c.env, 'PUBLIC_URL')}/hooks/deploy/${token}` }, 201);
  },
);

deployHooks.openapi(
  createRoute({
    ...shared,
    method: 'delete',
    path: '/api/apps/{slug}/deploy-hooks/{id}',
    summary: 'Revoke a deploy hook immediately',
    request: { params: BySlug.extend({ id: ObjectId }) },
    responses: { 204: { description: 'Revoked' }, ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const { tokens } = metadata;
    const { slug, id } = c.req.valid('param');
    const app = await ownedApp(metadata, c.get('caller').ownerId, slug);
    const record = await tokens.byId(app.ownerId, 'deploy_hook', id);
    if (record?.appId !== app.id || !(await tokens.delete(app.ownerId, 'deploy_hook', id))) {
      throw new AppFluxError('not_found', `${slug} has no deploy hook ${id}`);
    }
    await audited(c, 'hook.revoke', { kind: 'hook', id, name: `${slug}: ${record.name}` });
    return c.body(null, 204);
  },
);

deployHooks.openAPIRegistry.registerPath({
  method: 'post',
  path: '/hooks/deploy/{token}',
  summary: 'Deploy the app of a hook',
  description:
    'The address is the permission. The body may be left out. While a deployment of the same hook, branch and commit is queued, the answer is that one.',
  tags: ['hooks'],
  request: {
    params: z.object({ token: z.string() }),
    headers: z.object({ 'idempotency-key': z.string().min(1).max(200).optional() }),
    body: { required: false, content: { 'application/json': { schema: HookDeploy } } },
  },
  responses: {
    202: json(HookDeployed, 'The deployment'),
    400: json(ErrorBody, 'Invalid input'),
    404: json(ErrorBody, 'Deploy hook not found'),
    422: json(ErrorBody, "The request can't be processed"),
    429: json(ErrorBody, 'Too many deployments are waiting'),
  },
});

const smallBody = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: () => {
    throw new AppFluxError('body_too_large', 'The body is larger than 16 KB');
  },
});

// Parsed here, because the body may be missing, and callers of a hook send any content type.
deployHooks.post('/hooks/deploy/:token', smallBody, async (c) => {
  const metadata = c.get('metadata');
  const now = new Date();
  const hook = await metadata.tokens.byHash(
    'deploy_hook',
    await hashToken(c.req.param('token')),
    now.toISOString(),
  );
  const app = hook?.appId == null ? null : await metadata.apps.byId(hook.appId);
  if (hook === null || app === null) {
    throw new AppFluxError('not_found', 'Deploy hook not found or revoked');
  }
  const actor = { kind: 'hook' as const, id: hook.id, name: hook.name };
  const input = inputOf(new TextDecoder().decode(await c.req.arrayBuffer()));
  const idempotencyKey = idempotencyKeyOf(c.req.header('Idempotency-Key'));
  const { record } = await deployByHook({ env: c.env, metadata }, app, { hook, input, idempotencyKey });
  if (isDue(hook.lastUsedAt, now)) await metadata.tokens.touch(hook.id, now.toISOString());
  await note(metadata, app.ownerId, actor, 'hook.call', {
    kind: 'deployment',
    id: record.id,
    name: app.slug,
  });
  return c.json({ success: true, deploymentId: record.id, status: record.status }, 202);
});

function inputOf(text: string): HookDeploy {
  if (text.trim() === '') return {};
  const parsed = HookDeploy.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new AppFluxError('bad_request', 'Invalid request body', {
    issues: issuesOf(parsed.error),
    hint: 'Send JSON with branch or commit, or no body.',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppFluxError('bad_request', 'The body is not JSON', {
      hint: 'Send JSON with branch or commit, or no body.',
      cause,
    });
  }
}

function idempotencyKeyOf(header: string | undefined): string | undefined {
  if (header === undefined || (header.length >= 1 && header.length <= 200)) return header;
  throw new AppFluxError('bad_request', 'An Idempotency-Key must have 1 to 200 characters');
}
