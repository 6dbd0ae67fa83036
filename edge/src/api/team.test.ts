/** Deleting a team with all that it has. */
import { env } from 'cloudflare:workers';
import type { AuditEntry, ErrorBody, Me } from '@appflux/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { runnerRecord, tokenRecord, uploadRecord } from '../metadata/testing/sample-records.ts';
import { objectsOf } from '../storage/index.ts';
import { uploadKey } from '../storage/keys.ts';
import { founder, memberOf, type SignedIn } from '../testing/people.ts';
import { forgetAll, request, signIn } from '../testing/worker.ts';

const metadata = metadataOf(env);
const objects = objectsOf(env);

/** The instance's owner, and somebody who has a team with a bit of everything. */
let instance: string;
let owner: SignedIn;

beforeEach(async () => {
  await forgetAll();
  instance = (await signIn()).access_token;
  owner = await founder({ email: 'ada@example.com' });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const remove = (name: string, token = owner.token) =>
  request('/api/team', { method: 'DELETE', token, json: { name } });

const refusal = async (response: Response) => ({
  status: response.status,
  ...(await response.json<ErrorBody>()).error,
});

async function furnished(teamId: string, token: string): Promise<{ uploadId: string }> {
  const source = { provider: 'git', repoUrl: 'https://git.example/x.git' };
  for (const slug of ['one', 'two']) {
    const created = await request('/api/apps', { method: 'POST', token, json: { name: slug, slug, source } });
    expect(created.status).toBe(201);
  }
  expect((await request('/api/apps/one/deployments', { method: 'POST', token, json: {} })).status).toBe(202);
  await request('/api/apps/one/deploy-hooks', { method: 'POST', token, json: { name: 'nightly' } });
  await request('/api/invitations', { method: 'POST', token, json: { role: 'viewer', days: 1, note: '' } });
  await request('/api/runners/tokens', { method: 'POST', token });
  await metadata.runners.insert(runnerRecord({ ownerId: teamId }));
  await metadata.tokens.insert(tokenRecord({ ownerId: teamId }));
  await metadata.teamSettings.setBuildLimits(teamId, { builds: 2, labels: {} });
  const upload = uploadRecord({ ownerId: teamId, completed: true });
  const key = uploadKey(upload.id);
  await metadata.uploads.insert({ ...upload, key });
  await objects.put(key, 'zip', 'application/zip');
  return { uploadId: upload.id };
}

/** Every table that has something of a team. What its founder is to themselves stays: account and sessions. */
async function tablesWith(teamId: string): Promise<string[]> {
  const { results } = await env.METADATA.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND substr(name, 1, 4) <> '_cf_'",
  ).all<{ name: string }>();
  const found: string[] = [];
  for (const { name } of results) {
    const rows = JSON.stringify((await env.METADATA.prepare(`SELECT * FROM ${name}`).all()).results);
    if (rows.includes(teamId)) found.push(name);
  }
  return found.sort();
}

test('a team goes with all that it has, and everybody in it is in it no longer', async () => {
  const member = await memberOf(owner.user.id, 'admin');
  const { uploadId } = await furnished(owner.user.id, owner.token);
  expect((await remove('ada@example.com')).status).toBe(204);
  // The account of its founder, their session, and the line that tells the operator of it.
  expect(await tablesWith(owner.user.id)).toEqual(['audit', 'refresh_tokens', 'users']);
  expect(await objects.head(uploadKey(uploadId))).toBeNull();
  for (const { token } of [owner, member]) {
    expect(await refusal(await request('/api/apps', { token }))).toMatchObject({ status: 403 });
  }
  expect((await request('/a/one')).status).toBe(404);
  const { items } = await (await request('/api/audit', { token: instance })).json<{ items: AuditEntry[] }>();
  expect(items[0]).toMatchObject({
    action: 'team.delete',
    actor: { id: owner.user.id, name: 'ada@example.com' },
    target: { kind: 'team', id: owner.user.id, name: 'ada@example.com' },
  });
});

test('its runners are cut off and cannot come back', async () => {
  const token = (
    await (
      await request('/api/runners/tokens', { method: 'POST', token: owner.token })
    ).json<{ token: string }>()
  ).token;
  const json = { token, name: 'one', labels: ['linux'], slots: 1, version: '0.1.0' };
  const registered = await request('/api/runners/register', { method: 'POST', json });
  const { credential } = await registered.json<{ credential: string }>();
  const connect = () =>
    request('/api/pool/connect', { token: credential, headers: { Upgrade: 'websocket' } });
  const { webSocket } = await connect();
  const closed = new Promise<number>((resolve) =>
    webSocket?.addEventListener('close', ({ code }) => resolve(code)),
  );
  webSocket?.accept();
  expect((await remove('ada@example.com')).status).toBe(204);
  expect(await closed).toBe(4401);
  expect((await connect()).status).toBe(401);
});

test.each(['admin', 'developer', 'viewer'] as const)('a member as %s cannot delete it', async (role) => {
  const { token } = await memberOf(owner.user.id, role);
  expect((await remove('ada@example.com', token)).status).toBe(403);
  expect((await request('/api/me', { token: owner.token })).status).toBe(200);
});

test('neither can a program, whatever it may do', async () => {
  const json = { name: 'ci', scopes: ['admin'] };
  const made = await request('/api/tokens', { method: 'POST', token: owner.token, json });
  const { token } = await made.json<{ token: string }>();
  expect(await refusal(await remove('ada@example.com', token))).toMatchObject({
    status: 403,
    message: 'Only an owner can delete a team',
  });
});

test('it is deleted only by its name, which every member gets', async () => {
  expect(await refusal(await remove('Ada@example.com'))).toMatchObject({
    status: 422,
    code: 'unprocessable',
  });
  expect((await request('/api/team', { method: 'DELETE', token: owner.token })).status).toBe(400);
  const second = await memberOf(owner.user.id, 'owner');
  await request('/api/me/membership', { method: 'DELETE', token: owner.token });
  const me = await (await request('/api/me', { token: second.token })).json<Me>();
  // Its founder has left: it is called after its owner now.
  expect(me.teams).toMatchObject([{ id: owner.user.id, name: second.user.email }]);
  expect((await remove('ada@example.com', second.token)).status).toBe(422);
  expect((await remove(second.user.email, second.token)).status).toBe(204);
});

test("the team of the instance’s owner can't be deleted by anyone: the operator admits its owner", async () => {
  for (const token of [instance, env.OPERATOR_SECRET]) {
    expect(await refusal(await remove('owner@localhost', token))).toMatchObject({
      status: 409,
      code: 'instance_owner',
    });
  }
  expect((await request('/api/apps', { token: instance })).status).toBe(200);
  const told = async (token: string) => (await (await request('/api/me', { token })).json<Me>()).ofInstance;
  expect([await told(instance), await told(owner.token)]).toEqual([true, false]);
});

test('nothing of another team goes', async () => {
  await furnished(owner.user.id, owner.token);
  const other = await founder();
  const before = await tablesWith(other.user.id);
  await metadata.tokens.insert(tokenRecord({ ownerId: other.user.id }));
  expect((await remove('ada@example.com')).status).toBe(204);
  expect(await tablesWith(other.user.id)).toEqual([...before, 'tokens'].sort());
});

test('a deletion that fails half way leaves its owner in, who asks again', async () => {
  await furnished(owner.user.id, owner.token);
  const real = globalThis.fetch;
  const down = vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const { method } = new Request(input, init);
    return method === 'POST' || method === 'DELETE' ? new Response(null, { status: 503 }) : real(input, init);
  });
  expect((await remove('ada@example.com')).status).toBe(503);
  down.mockRestore();
  expect((await remove('ada@example.com')).status).toBe(204);
  expect(await tablesWith(owner.user.id)).toEqual(['audit', 'refresh_tokens', 'users']);
});
