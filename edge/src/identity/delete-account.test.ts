/** Deleting one's own account. */
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { memberRecord, tokenRecord } from '../metadata/testing/sample-records.ts';
import { founder, memberOf, type SignedIn } from '../testing/people.ts';
import { forgetAll, request, requestWith, signIn } from '../testing/worker.ts';
import { hashPassword } from './password.ts';

const metadata = metadataOf(env);
const PASSWORD = 'correct horse battery';

let owner: SignedIn;

beforeEach(async () => {
  await forgetAll();
  await signIn();
  owner = await founder();
});

const remove = (token: string, json: object = {}) =>
  request('/auth/v1/user', { method: 'DELETE', token, json });

const refusal = async (response: Response) => ({
  status: response.status,
  ...(await response.json<{ error_code: string; msg: string }>()),
});

test('an account goes with its memberships, its sessions and what it made', async () => {
  const { user, token, sessionToken } = await memberOf(owner.user.id, 'developer');
  const made = tokenRecord({ ownerId: owner.user.id, createdBy: user.id });
  await metadata.tokens.insert(made);
  expect((await remove(token)).status).toBe(204);
  expect(await metadata.users.byId(user.id)).toBeNull();
  expect(await metadata.members.ofUser(user.id)).toEqual([]);
  expect(await metadata.tokens.byId(owner.user.id, 'api', made.id)).toBeNull();
  expect((await request('/api/me', { token })).status).toBe(401);
  const refresh = await request('/auth/v1/token?grant_type=refresh_token', {
    method: 'POST',
    json: { refresh_token: sessionToken },
  });
  expect(refresh.status).toBe(400);
  const audit = await (await request('/api/audit', { token: owner.token })).json<{
    items: { action: string; actor: { id: string } }[];
  }>();
  expect(audit.items[0]).toMatchObject({ action: 'account.delete', actor: { id: user.id } });
});

test('the last owner of a team cannot go, and loses nothing by asking', async () => {
  const { user, token } = owner;
  const elsewhere = memberRecord({ userId: user.id, role: 'viewer' });
  await metadata.members.insert(elsewhere);
  expect(await refusal(await remove(token))).toMatchObject({ status: 422, error_code: 'last_owner' });
  expect(await metadata.members.ofUser(user.id)).toHaveLength(2);
  expect((await request('/api/me', { token })).status).toBe(200);
  await memberOf(user.id, 'owner');
  expect((await remove(token)).status).toBe(204);
  expect((await metadata.members.list(user.id, { limit: 10 })).items).toMatchObject([{ role: 'owner' }]);
});

test('a user who deleted their team can delete their account', async () => {
  const json = { name: owner.user.email };
  expect((await request('/api/team', { method: 'DELETE', token: owner.token, json })).status).toBe(204);
  expect((await remove(owner.token)).status).toBe(204);
  expect(await metadata.users.byEmail(owner.user.email)).toBeNull();
});

test('the instance’s owner stays, also beside another owner', async () => {
  const { access_token: token, user } = await signIn();
  await memberOf(user.id, 'owner');
  expect(await refusal(await remove(token))).toMatchObject({ status: 422, error_code: 'instance_owner' });
  expect(await metadata.users.owner()).not.toBeNull();
});

test('who has a password shows it', async () => {
  const { user, token } = await memberOf(owner.user.id, 'viewer');
  await metadata.users.update(user.id, { passwordHash: hashPassword(PASSWORD) });
  expect(await refusal(await remove(token))).toMatchObject({ error_code: 'reauthentication_needed' });
  expect(await refusal(await remove(token, { current_password: 'wrong' }))).toMatchObject({
    error_code: 'invalid_credentials',
  });
  expect((await remove(token, { current_password: PASSWORD })).status).toBe(204);
});

test('without a session, and where a Supabase project keeps the people, there is nothing to delete', async () => {
  expect((await request('/auth/v1/user', { method: 'DELETE', json: {} })).status).toBe(401);
  const elsewhere = { SUPABASE_URL: 'http://127.0.0.1:9' };
  const asked = { method: 'DELETE', token: owner.token, json: {} };
  expect((await requestWith(elsewhere, '/auth/v1/user', asked)).status).toBe(404);
});
