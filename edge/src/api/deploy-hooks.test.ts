import { env } from 'cloudflare:workers';
import type { CreatedDeployHook, Deployment, ErrorBody } from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { tokenRecord } from '../metadata/testing/sample-records.ts';
import { founder, type SignedIn } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';

let owner: SignedIn;

beforeEach(async () => {
  await forgetAll();
  owner = await founder();
  await createApp('shop', { provider: 'git', repoUrl: 'https://git.example/shop.git', branch: 'main' });
});

/** None of its deployments takes the place of another. */
async function createApp(name: string, source: object): Promise<void> {
  const json = { name, source, build: { supersede: false } };
  const response = await request('/api/apps', { method: 'POST', token: owner.token, json });
  expect(response.status).toBe(201);
}

async function created(slug = 'shop', name = 'nightly'): Promise<CreatedDeployHook> {
  const path = `/api/apps/${slug}/deploy-hooks`;
  const response = await request(path, { method: 'POST', token: owner.token, json: { name } });
  expect(response.status).toBe(201);
  return response.json<CreatedDeployHook>();
}

const call = ({ url }: { url: string }, init: RequestInit & { json?: unknown } = {}) =>
  request(new URL(url).pathname, { method: 'POST', ...init });

async function called(hook: CreatedDeployHook, init?: RequestInit & { json?: unknown }): Promise<Deployment> {
  const response = await call(hook, init);
  expect(response.status).toBe(202);
  const { deploymentId } = await response.json<{ deploymentId: string }>();
  return (await request(`/api/deployments/${deploymentId}`, { token: owner.token })).json<Deployment>();
}

const list = async (slug = 'shop') =>
  (
    await (
      await request(`/api/apps/${slug}/deploy-hooks`, { token: owner.token })
    ).json<{ items: object[] }>()
  ).items;

test('a hook is shown once, lies nowhere in the clear, and deploys its app without a token', async () => {
  const hook = await created();
  expect(hook.url).toMatch(/^http:\/\/localhost:8787\/hooks\/deploy\/afh_[\w-]{43}$/);
  const { url, ...listed } = hook;
  expect(await list()).toEqual([listed]);
  const rows = await env.METADATA.prepare('SELECT * FROM tokens').all();
  expect(JSON.stringify(rows.results)).not.toContain(url.split('/').at(-1));

  const deployment = await called(hook);
  expect(deployment).toMatchObject({
    app: { slug: 'shop' },
    trigger: 'hook',
    branch: 'main',
    commitHash: null,
  });
  expect(await list()).toMatchObject([{ lastUsedAt: expect.any(String) }]);
});

test('the caller may say which branch, and which commit', async () => {
  const hook = await created();
  const json = { branch: 'next', commit: 'abcdef1' };
  const { id } = await called(hook, { json });
  const spec = await env.DEPLOYMENTS.getByName(id).spec();
  expect(spec?.source).toMatchObject({ branch: 'next', commit: 'abcdef1' });
});

test('an app has at most 100 deploy hooks, and one that is deleted makes room', async () => {
  const metadata = metadataOf(env);
  const first = await created();
  const app = await (await request('/api/apps/shop', { token: owner.token })).json<{
    id: string;
    ownerId: string;
  }>();
  for (let made = 1; made < 100; made += 1) {
    await metadata.tokens.insert(tokenRecord({ ownerId: app.ownerId, kind: 'deploy_hook', appId: app.id }));
  }
  const path = '/api/apps/shop/deploy-hooks';
  const another = () => request(path, { method: 'POST', token: owner.token, json: { name: 'one more' } });
  const refused = await another();
  expect(refused.status).toBe(422);
  expect((await refused.json<ErrorBody>()).error).toMatchObject({
    code: 'unprocessable',
    message: 'An app has at most 100 deploy hooks',
  });
  await createApp('other', { provider: 'upload' });
  await created('other');
  await request(`${path}/${first.id}`, { method: 'DELETE', token: owner.token });
  expect((await another()).status).toBe(201);
});

describe('while a deployment of a hook is queued', () => {
  const runner = { id: newObjectId(), name: 'one' };

  test('more calls are that one, also at the same moment, and each is in the audit log', async () => {
    const hook = await created();
    const ids = (await Promise.all([called(hook), called(hook), called(hook)])).map(({ id }) => id);
    ids.push((await called(hook)).id);
    expect(new Set(ids).size).toBe(1);
    const { items } = await metadataOf(env).audit.list(owner.user.id, { limit: 30 });
    expect(items.filter(({ action }) => action === 'hook.call')).toHaveLength(4);
    expect(items.filter(({ action }) => action === 'deployment.create')).toHaveLength(1);
  });

  test('another branch, commit or hook is another deployment', async () => {
    const [hook, other] = [await created(), await created('shop', 'another')];
    const ids = [
      (await called(hook)).id,
      (await called(hook, { json: { branch: 'next' } })).id,
      (await called(hook, { json: { commit: 'abcdef1' } })).id,
      (await called(other)).id,
    ];
    expect(new Set(ids).size).toBe(4);
    expect((await called(hook, { json: { branch: 'main' } })).id).toBe(ids[0]);
    expect((await called(hook, { json: { commit: 'abcdef1' } })).id).toBe(ids[2]);
  });

  test('until a runner has it, or it was canceled: what the caller means may be newer', async () => {
    const hook = await created();
    const first = await called(hook);
    await env.DEPLOYMENTS.getByName(first.id).claim(runner);
    const second = await called(hook);
    expect(second.id).not.toBe(first.id);
    await env.DEPLOYMENTS.getByName(second.id).cancel('asked for');
    const third = await called(hook);
    expect([first.id, second.id]).not.toContain(third.id);
    expect((await called(hook)).id).toBe(third.id);
  });

  test('one that a person has queued is not the hook’s', async () => {
    const hook = await created();
    const response = await request('/api/apps/shop/deployments', {
      method: 'POST',
      token: owner.token,
      json: {},
    });
    const { id } = await response.json<Deployment>();
    expect((await called(hook)).id).not.toBe(id);
  });
});

test('the same idempotency key gives the same deployment', async () => {
  const hook = await created();
  const headers = { 'Idempotency-Key': 'night-1' };
  expect((await called(hook, { headers })).id).toBe((await called(hook, { headers })).id);
});

test('who called is in the audit log', async () => {
  const hook = await created();
  const { id } = await called(hook);
  const { items } = await (await request('/api/audit', { token: owner.token })).json<{ items: object[] }>();
  expect(items[0]).toMatchObject({
    actor: { kind: 'hook', id: hook.id, name: 'nightly' },
    action: 'hook.call',
    target: { kind: 'deployment', id, name: 'shop' },
  });
});

test('a revoked hook deploys nothing, and neither does one whose app is gone', async () => {
  const [hook, other] = [await created(), await created()];
  const revoke = (slug: string) =>
    request(`/api/apps/${slug}/deploy-hooks/${hook.id}`, { method: 'DELETE', token: owner.token });
  await createApp('other', { provider: 'upload' });
  expect((await revoke('other')).status).toBe(404);
  expect((await revoke('shop')).status).toBe(204);
  expect((await call(hook)).status).toBe(404);
  await request('/api/apps/shop', { method: 'DELETE', token: owner.token });
  expect((await call(other)).status).toBe(404);
});

test('an API token is no hook, and a hook is no API token', async () => {
  const hook = await created();
  const json = { name: 'ci', scopes: ['admin'] };
  const made = await request('/api/tokens', { method: 'POST', token: owner.token, json });
  const { token } = await made.json<{ token: string }>();
  expect((await call({ url: `${env.PUBLIC_URL}/hooks/deploy/${token}` })).status).toBe(404);
  const hookToken = hook.url.split('/').at(-1) ?? '';
  expect((await request('/api/apps', { token: hookToken })).status).toBe(401);
});

test('looking at a hook’s address deploys nothing', async () => {
  const hook = await created();
  await call(hook, { method: 'GET' });
  const app = await metadataOf(env).apps.bySlug('shop');
  const { items } = await metadataOf(env).deployments.list(
    { ownerId: owner.user.id, appId: app?.id ?? newObjectId() },
    { limit: 10 },
  );
  expect(items).toEqual([]);
});

test('an app that is built from uploads cannot be deployed without one', async () => {
  await createApp('zip', { provider: 'upload' });
  const response = await call(await created('zip'));
  expect(response.status).toBe(422);
});

test.each<[string, RequestInit & { json?: unknown }, number]>([
  ['what is not JSON', { body: '{' }, 400],
  ['a form', { body: 'branch=main', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }, 400],
  ['a branch that is an option', { json: { branch: '--upload-pack=x' } }, 400],
  ['a branch that is no text', { json: { branch: { $gt: '' } } }, 400],
  ['a member that is not known', { json: { uploadId: newObjectId() } }, 400],
  ['too much', { body: 'x'.repeat(20_000) }, 413],
  ['an endless idempotency key', { headers: { 'Idempotency-Key': 'x'.repeat(201) } }, 400],
])('a caller who sends %s is refused', async (_title, init, status) => {
  const response = await call(await created(), init);
  expect(response.status).toBe(status);
  expect((await response.json<ErrorBody>()).error.message).not.toBe('');
});
