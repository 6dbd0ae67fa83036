import { env } from 'cloudflare:workers';
import { createHmac } from 'node:crypto';
import { type CreatedWebhookSecret, MAX_WEBHOOK_SECRETS, WebhookSecretList } from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { resealWebhookSecrets } from '../key-rotation/reseal.ts';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { createSealer } from '../secrets/sealing.ts';
import { founder, memberOf } from '../testing/people.ts';
import { forgetAll, request, requestWith } from '../testing/worker.ts';
import { githubRequest, send } from '../triggers/testing/deliver.ts';

beforeEach(forgetAll);

const create = (token: string, json: unknown = { provider: 'github', name: 'octo' }) =>
  request('/api/webhook-secrets', { method: 'POST', token, json });

const created = async (token: string, json?: unknown) =>
  (await (await create(token, json)).json()) as CreatedWebhookSecret;

const listOf = async (token: string) =>
  WebhookSecretList.parse(await (await request('/api/webhook-secrets', { token })).json()).items;

const pathOf = ({ url }: { url: string }) => url.slice(env.PUBLIC_URL.length);

const ping = (path: string, secret: string) => send({ event: 'ping', payload: {}, path, secret });

describe('a webhook secret', () => {
  test('is shown once, and signs what is sent to its URL', async () => {
    const owner = await founder();
    const secret = await created(owner.token);
    expect(secret).toMatchObject({ provider: 'github', name: 'octo', lastUsedAt: null });
    expect(secret.secret).toMatch(/^afk_[\w-]{43}$/);
    expect(pathOf(secret)).toBe(`/hooks/github?team=${owner.user.id}`);
    const [listed] = await listOf(owner.token);
    expect(JSON.stringify(listed)).not.toContain(secret.secret);
    const [stored] = await metadataOf(env).webhookSecrets.list(owner.user.id);
    expect(JSON.stringify(stored)).not.toContain(secret.secret);
    expect((await ping(pathOf(secret), secret.secret)).status).toBe(202);
    await expect.poll(async () => (await listOf(owner.token))[0]?.lastUsedAt).not.toBe(null);
  });

  test('of GitLab can be its secret token or its signing token', async () => {
    const owner = await founder();
    const { secret, ...made } = await created(owner.token, { provider: 'gitlab', name: 'harbor' });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const body = JSON.stringify({ object_kind: 'note' });
    const id = crypto.randomUUID();
    const at = String(Math.floor(Date.now() / 1000));
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64');
    const signed = { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': `v1,${signature}` };
    const sent = (headers: Record<string, string>) =>
      request(pathOf(made), {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'application/json', ...headers },
      });
    expect((await sent(signed)).status).toBe(202);
    expect((await sent({ 'X-Gitlab-Token': secret })).status).toBe(202);
    expect((await sent({ ...signed, 'webhook-id': crypto.randomUUID() })).status).toBe(401);
  });

  test('is one of several while they are rotated, until it is deleted', async () => {
    const owner = await founder();
    const [before, after] = [await created(owner.token), await created(owner.token)];
    for (const { secret } of [before, after]) expect((await ping(pathOf(after), secret)).status).toBe(202);
    const deleting = () =>
      request(`/api/webhook-secrets/${before.id}`, { method: 'DELETE', token: owner.token });
    expect((await deleting()).status).toBe(204);
    expect((await deleting()).status).toBe(404);
    expect((await ping(pathOf(after), before.secret)).status).toBe(401);
    expect((await ping(pathOf(after), after.secret)).status).toBe(202);
    const actions = (await metadataOf(env).audit.list(owner.user.id, { limit: 10 })).items.map(
      ({ action }) => action,
    );
    expect(actions.filter((action) => action.startsWith('webhook_secret.'))).toEqual([
      'webhook_secret.delete',
      'webhook_secret.create',
      'webhook_secret.create',
    ]);
  });

  test('is good for its own team and its own Git host only', async () => {
    const [ours, theirs] = [await founder(), await founder()];
    const [own, other] = [await created(ours.token), await created(theirs.token)];
    expect((await ping(pathOf(own), other.secret)).status).toBe(401);
    expect((await ping('/hooks/github', own.secret)).status).toBe(401);
    const gitea = await created(ours.token, { provider: 'gitea', name: 'server' });
    expect(pathOf(gitea)).toBe(`/hooks/git/gitea?team=${ours.user.id}`);
    expect((await ping(pathOf(own), gitea.secret)).status).toBe(401);
    expect(
      (await request(`/api/webhook-secrets/${own.id}`, { method: 'DELETE', token: theirs.token })).status,
    ).toBe(404);
    expect(await listOf(theirs.token)).toHaveLength(1);
  });

  test('can be made by admins, and no more than the team has room for', async () => {
    const owner = await founder();
    const developer = await memberOf(owner.user.id, 'developer');
    expect((await create(developer.token)).status).toBe(403);
    for (const wrong of [{}, { provider: 'svn', name: 'x' }, { provider: 'github', name: ' ' }])
      expect((await create(owner.token, wrong)).status).toBe(400);
    await created(owner.token);
    const [record] = await metadataOf(env).webhookSecrets.list(owner.user.id);
    for (let n = 1; record !== undefined && n < MAX_WEBHOOK_SECRETS; n += 1)
      await metadataOf(env).webhookSecrets.insert({ ...record, id: newObjectId() });
    expect((await create(owner.token)).status).toBe(422);
  });

  test('is resealed when the key is rotated', async () => {
    const owner = await founder();
    const secret = await created(owner.token);
    const rotated = {
      SEALING_KEY: 'YSBuZXcgc2VhbGluZyBrZXksIGFsc28gb2YgMzIgYi4=',
      SEALING_KEY_PREVIOUS: env.SEALING_KEY,
    };
    const sealer = createSealer({ ...env, ...rotated });
    expect(await resealWebhookSecrets(metadataOf(env), sealer)).toBe(1);
    expect(await resealWebhookSecrets(metadataOf(env), sealer)).toBe(0);
    const { SEALING_KEY } = rotated;
    const sent = githubRequest({ event: 'ping', payload: {}, secret: secret.secret });
    expect((await requestWith({ SEALING_KEY }, pathOf(secret), sent)).status).toBe(202);
  });
});
