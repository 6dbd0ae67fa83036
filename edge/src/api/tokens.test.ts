import { env } from 'cloudflare:workers';
import type { CreatedToken, ErrorBody, Scope } from '@appflux/protocol';
import { beforeEach, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { tokenRecord } from '../metadata/testing/sample-records.ts';
import { hashToken, makeToken } from '../secrets/tokens.ts';
import { forgetAll, request, signIn } from '../testing/worker.ts';

let owner: string;

beforeEach(async () => {
  await forgetAll();
  owner = (await signIn()).access_token;
});

const create = (json: unknown, token = owner) => request('/api/tokens', { method: 'POST', token, json });

async function created(scopes: Scope[], more: object = {}): Promise<CreatedToken> {
  const response = await create({ name: 'ci', scopes, ...more });
  expect(response.status).toBe(201);
  return response.json<CreatedToken>();
}

const list = async (query = '', token = owner) =>
  (await request(`/api/tokens${query}`, { token })).json<{ items: object[]; nextCursor: string | null }>();

test('a token is shown once, and lies nowhere in the clear', async () => {
  const { token, ...rest } = await created(['deployments:write', 'apps:read']);
  expect(token).toMatch(/^afx_[\w-]{43}$/);
  expect(rest).toMatchObject({ name: 'ci', scopes: ['deployments:write', 'apps:read'], expiresAt: null });
  expect(await list()).toEqual({ items: [rest], nextCursor: null });
  const rows = await env.METADATA.prepare('SELECT * FROM tokens').all();
  expect(JSON.stringify(rows.results)).not.toContain(token);
});

test('an admin token may do what its owner may, and is listed with when it was last used', async () => {
  const { token } = await created(['admin']);
  const { items } = await list('', token);
  expect(items).toMatchObject([{ lastUsedAt: expect.any(String) }]);
});

test('a token without the admin scope may neither list nor create, and revokes itself only', async () => {
  const { id, token } = await created(['apps:write', 'deployments:write', 'runners:write']);
  const { id: other } = await created(['apps:read']);
  for (const response of [
    await request('/api/tokens', { token }),
    await create({ name: 'more', scopes: ['apps:read'] }, token),
    await request(`/api/tokens/${other}`, { method: 'DELETE', token }),
  ]) {
    expect(response.status).toBe(403);
    expect((await response.json<ErrorBody>()).error.code).toBe('forbidden');
  }
  expect((await request(`/api/tokens/${id}`, { method: 'DELETE', token })).status).toBe(204);
  expect((await request('/api/tokens', { token })).status).toBe(401);
});

test('a revoked token is refused immediately, and revoking it again is 404', async () => {
  const { id, token } = await created(['admin']);
  const revoke = () => request(`/api/tokens/${id}`, { method: 'DELETE', token: owner });
  expect((await revoke()).status).toBe(204);
  expect((await request('/api/tokens', { token })).status).toBe(401);
  expect((await revoke()).status).toBe(404);
});

test("somebody else's token cannot be seen or revoked", async () => {
  const token = makeToken('api');
  const theirs = tokenRecord({ hash: await hashToken(token), scopes: ['admin'] });
  await metadataOf(env).tokens.insert(theirs);
  expect((await list()).items).toEqual([]);
  expect((await request(`/api/tokens/${theirs.id}`, { method: 'DELETE', token: owner })).status).toBe(404);
  expect((await request('/api/tokens', { token })).status).toBe(200);
});

test('a sign-in link is no API token, and is neither listed nor revoked as one', async () => {
  const { users, tokens } = metadataOf(env);
  const link = tokenRecord({ kind: 'sign_in', ownerId: (await users.owner())?.id ?? '' });
  await tokens.insert(link);
  expect((await list()).items).toEqual([]);
  expect((await request(`/api/tokens/${link.id}`, { method: 'DELETE', token: owner })).status).toBe(404);
});

test('a token with an end runs out then', async () => {
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  // The same moment, written without the milliseconds that it does not have.
  const short = `${soon.slice(0, 19)}Z`;
  const { expiresAt } = await created(['admin'], { expiresAt: short });
  expect(expiresAt).toBe(`${soon.slice(0, 19)}.000Z`);
});

test('a scope named twice is kept once', async () => {
  expect((await created(['admin', 'admin'])).scopes).toEqual(['admin']);
});

test('the list is paged, newest first', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 3; i += 1) ids.unshift((await created(['apps:read'])).id);
  const first = await list('?limit=2');
  expect(first.items).toMatchObject(ids.slice(0, 2).map((id) => ({ id })));
  const rest = await list(`?limit=2&cursor=${first.nextCursor}`);
  expect(rest).toMatchObject({ items: [{ id: ids[2] }], nextCursor: null });
});

test.each([
  ['?cursor=elsewhere', 'cursor'],
  ['?limit=0', 'limit'],
  ['?limit=101', 'limit'],
  ['?page=2', ''],
])('a list that is asked for wrongly is refused: %s', async (query, path) => {
  const response = await request(`/api/tokens${query}`, { token: owner });
  expect(response.status).toBe(400);
  expect((await response.json<ErrorBody>()).error).toMatchObject({ code: 'bad_request', issues: [{ path }] });
});

test.each<[string, unknown, string]>([
  ['no name', { scopes: ['admin'] }, 'name'],
  ['an empty name', { name: '  ', scopes: ['admin'] }, 'name'],
  ['no scopes', { name: 'ci', scopes: [] }, 'scopes'],
  ['a scope that is not there', { name: 'ci', scopes: ['root'] }, 'scopes.0'],
  ['an end that is no time', { name: 'ci', scopes: ['admin'], expiresAt: 'tomorrow' }, 'expiresAt'],
  ['an end in the past', { name: 'ci', scopes: ['admin'], expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
  ['a member that is not known', { name: 'ci', scopes: ['admin'], owner: 'x' }, ''],
])('a token with %s is refused', async (_title, json, path) => {
  const response = await create(json);
  expect(response.status).toBe(400);
  expect((await response.json<ErrorBody>()).error).toMatchObject({ code: 'bad_request', issues: [{ path }] });
  expect((await list()).items).toEqual([]);
});

test('an id that is none is refused, and one that is not there is 404', async () => {
  expect((await request('/api/tokens/1', { method: 'DELETE', token: owner })).status).toBe(400);
  expect((await request(`/api/tokens/${newObjectId()}`, { method: 'DELETE', token: owner })).status).toBe(
    404,
  );
});
