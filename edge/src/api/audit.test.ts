import { env } from 'cloudflare:workers';
import type { AuditEntry } from '@appflux/protocol';
import { beforeEach, expect, test, vi } from 'vitest';
import { note } from '../audit/note.ts';
import { sweep } from '../cron/sweep.ts';
import { createD1Metadata } from '../metadata/d1/index.ts';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { auditRecord } from '../metadata/testing/sample-records.ts';
import { founder, memberOf, type SignedIn } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';

let owner: SignedIn;

beforeEach(async () => {
  await forgetAll();
  owner = await founder({ email: 'owner@team.example' });
});

const as = (person: SignedIn, path: string, method = 'GET', json?: unknown) =>
  request(path, { method, token: person.token, ...(json === undefined ? {} : { json }) });

async function log(query = ''): Promise<{ items: AuditEntry[]; nextCursor: string | null }> {
  return (await as(owner, `/api/audit${query}`)).json();
}

/** Action and target of each line, oldest first. */
const told = async () =>
  (await log('?limit=100')).items.map(({ action, target }) => `${action} ${target?.name}`).reverse();

test('it says who did what, and no value of a variable', async () => {
  const source = { provider: 'upload' };
  await as(owner, '/api/apps', 'POST', { name: 'Shop', source });
  await as(owner, '/api/apps/shop/env/API_KEY', 'PUT', { value: 'the-secret-value' });
  await as(owner, '/api/apps/shop', 'PATCH', { name: 'Shop 2' });
  await as(owner, '/api/apps/shop/env/API_KEY', 'DELETE');
  const made = await as(owner, '/api/tokens', 'POST', { name: 'ci', scopes: ['apps:read'] });
  const { id, token } = await made.json<{ id: string; token: string }>();
  await as(owner, `/api/tokens/${id}`, 'DELETE');
  const registration = await as(owner, '/api/runners/tokens', 'POST');
  const { token: registrationToken } = await registration.json<{ token: string }>();
  const json = { token: registrationToken, name: 'box', labels: [], slots: 1, version: '1' };
  const runner = await (await request('/api/runners/register', { method: 'POST', json })).json<{
    id: string;
  }>();
  await as(owner, `/api/runners/${runner.id}/drain`, 'POST', {});
  await as(owner, `/api/runners/${runner.id}`, 'DELETE');
  const invitation = await as(owner, '/api/invitations', 'POST', { role: 'viewer', note: 'Ada' });
  await as(owner, `/api/invitations/${(await invitation.json<{ id: string }>()).id}`, 'DELETE');
  const hook = await as(owner, '/api/apps/shop/deploy-hooks', 'POST', { name: 'nightly' });
  await as(owner, `/api/apps/shop/deploy-hooks/${(await hook.json<{ id: string }>()).id}`, 'DELETE');
  await as(owner, '/api/apps/shop', 'DELETE');

  expect(await told()).toEqual([
    'app.create shop',
    'variable.set shop: API_KEY',
    'app.update shop',
    'variable.delete shop: API_KEY',
    'token.create ci',
    'token.revoke ci',
    'runner.token Runner registration',
    'runner.register box',
    'runner.drain box',
    'runner.remove box',
    'invitation.create Ada',
    'invitation.revoke Ada',
    'hook.create shop: nightly',
    'hook.revoke shop: nightly',
    'app.delete shop',
  ]);
  const kept = JSON.stringify((await env.METADATA.prepare('SELECT * FROM audit').all()).results);
  for (const secret of ['the-secret-value', token, registrationToken]) expect(kept).not.toContain(secret);
});

test('a line says who: a person, a program, the operator', async () => {
  const source = { provider: 'upload' };
  const made = await as(owner, '/api/tokens', 'POST', { name: 'ci', scopes: ['admin'] });
  const { id, token } = await made.json<{ id: string; token: string }>();
  await as(owner, '/api/apps', 'POST', { name: 'One', source });
  await request('/api/apps', { method: 'POST', token, json: { name: 'Two', source } });
  await request('/api/apps', { method: 'POST', token: env.OPERATOR_SECRET, json: { name: 'Three', source } });
  const { items } = await log();
  expect(items.filter(({ action }) => action === 'app.create').map(({ actor }) => actor)).toEqual([
    { kind: 'operator', id: null, name: 'operator' },
    { kind: 'token', id, name: 'ci' },
    { kind: 'user', id: owner.user.id, name: 'owner@team.example' },
  ]);
});

test('links that the operator makes are in it, and who is let in by them', async () => {
  const asOperator = (path: string, json: object) =>
    request(path, { method: 'POST', token: env.OPERATOR_SECRET, json });
  const { email } = owner.user;
  expect((await asOperator('/api/ops/recovery-links', { email })).status).toBe(201);
  expect((await asOperator('/api/ops/sign-in-links', {})).status).toBe(201);
  const { items } = await log();
  expect(items.slice(0, 2)).toMatchObject([
    { action: 'link.asked', actor: { kind: 'operator', id: null }, target: { kind: 'user', name: email } },
    {
      action: 'recovery.asked',
      actor: { kind: 'operator', id: null },
      target: { kind: 'user', name: email },
    },
  ]);
});

test('what is refused is not in it', async () => {
  const viewer = await memberOf(owner.user.id, 'viewer');
  expect((await as(viewer, '/api/apps', 'POST', { name: 'X', source: { provider: 'upload' } })).status).toBe(
    403,
  );
  expect((await as(owner, '/api/apps/none', 'DELETE')).status).toBe(404);
  expect((await told()).filter((line) => line.startsWith('app.'))).toEqual([]);
});

test('signing out is in the log of every team that the person is in, and in no other', async () => {
  const member = await memberOf(owner.user.id, 'viewer');
  const stranger = await founder();
  for (const { token } of [member, stranger]) await request('/auth/v1/logout', { method: 'POST', token });
  expect(await told()).toEqual([`session.sign_out ${member.user.email}`]);
});

test('each team has its own log', async () => {
  const stranger = await founder();
  await as(stranger, '/api/apps', 'POST', { name: 'Theirs', source: { provider: 'upload' } });
  expect(await told()).toEqual([]);
});

test('it is read page by page, newest first, and a cursor from elsewhere is refused', async () => {
  for (const name of ['One', 'Two', 'Three'])
    await as(owner, '/api/apps', 'POST', { name, source: { provider: 'upload' } });
  const first = await log('?limit=2');
  const rest = await log(`?limit=2&cursor=${first.nextCursor}`);
  expect([...first.items, ...rest.items].map(({ target }) => target?.name)).toEqual(['three', 'two', 'one']);
  expect(rest.nextCursor).toBeNull();
  expect((await as(owner, '/api/audit?cursor=elsewhere')).status).toBe(400);
});

test('the cron removes lines that are older than the operator keeps them, and no other', async () => {
  const now = Date.now();
  const written = (daysAgo: number) => {
    const at = now - daysAgo * 86_400_000;
    return auditRecord({ id: newObjectId(at), ownerId: owner.user.id, at: new Date(at).toISOString() });
  };
  const [old, young] = [written(401), written(399)];
  for (const record of [old, young]) await metadataOf(env).audit.append(record);
  const cron = { scheduledTime: now } as ScheduledController;
  await sweep(cron, env);
  const ids = async () => (await log('?limit=100')).items.map(({ id }) => id);
  expect(await ids()).toContain(young.id);
  expect(await ids()).not.toContain(old.id);
  await sweep(cron, { ...env, AUDIT_DAYS: '398' });
  expect(await ids()).not.toContain(young.id);
});

test('no call changes or removes a line', async () => {
  for (const method of ['PUT', 'PATCH', 'DELETE', 'POST'])
    expect((await as(owner, '/api/audit', method)).status).toBe(404);
});

test('what was done is done though the log cannot be written: the line goes to the log of the Worker', async () => {
  const down = () => Promise.reject(new Error('D1_ERROR: Network connection lost.'));
  const statement = { bind: () => statement, run: down };
  const metadata = createD1Metadata({ prepare: () => statement } as unknown as D1Database);
  const written = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  await note(metadata, owner.user.id, { kind: 'operator', id: null, name: 'operator' }, 'app.create', null);
  expect(written.mock.calls[0]?.[0]).toContain('"action":"app.create"');
  written.mockRestore();
});
