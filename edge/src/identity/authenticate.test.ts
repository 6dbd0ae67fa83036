import { env } from 'cloudflare:workers';
import { Scope } from '@appflux/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import type { TokenRecord } from '../metadata/metadata.ts';
import { runnerRecord, tokenRecord, userRecord } from '../metadata/testing/sample-records.ts';
import { hashToken, makeToken } from '../secrets/tokens.ts';
import { forgetAll, signIn } from '../testing/worker.ts';
import { authenticate, authenticateRunner, bearsOperatorSecret } from './authenticate.ts';

const NOW = Date.parse('2026-11-10T12:00:00.000Z');

const metadata = metadataOf(env);

beforeEach(async () => {
  await forgetAll();
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});
afterEach(() => vi.useRealTimers());

const withHeaders = (headers: Record<string, string>) =>
  new Request('http://localhost:8787/api', { headers });
const bearing = (token: string) => withHeaders({ Authorization: `Bearer ${token}` });
const callerOf = (request: Request) => authenticate(request, env, metadata);

async function keptToken(members: Partial<TokenRecord> = {}): Promise<[string, TokenRecord]> {
  const token = makeToken('api');
  const record = tokenRecord({ hash: await hashToken(token), ...members });
  await metadata.tokens.insert(record);
  return [token, record];
}

test('a program is known by its API token, with the scopes of that token and no others', async () => {
  const [token, record] = await keptToken({ scopes: ['apps:read', 'deployments:write'] });
  expect(await callerOf(bearing(token))).toEqual({
    kind: 'token',
    id: record.id,
    userId: null,
    ownerId: record.ownerId,
    name: 'ci',
    role: null,
    scopes: new Set(['apps:read', 'deployments:write']),
  });
});

test('the owner of a team may do everything in it', async () => {
  const session = await signIn();
  expect(await callerOf(bearing(session.access_token))).toEqual({
    kind: 'user',
    id: session.user.id,
    userId: session.user.id,
    ownerId: session.user.id,
    name: 'owner@localhost',
    role: 'owner',
    scopes: new Set(['admin']),
  });
});

test('a user whose session was ended is refused, though the access token is good for an hour', async () => {
  const session = await signIn();
  await metadata.sessions.endSessionsOf(session.user.id, null);
  await expect(callerOf(bearing(session.access_token))).rejects.toMatchObject({ code: 'unauthorized' });
});

test('the operator acts for the owner, with all scopes', async () => {
  const owner = await metadata.users.keepOwner(userRecord());
  expect(await callerOf(bearing(env.OPERATOR_SECRET))).toEqual({
    kind: 'operator',
    id: null,
    userId: null,
    ownerId: owner.id,
    name: 'operator',
    role: null,
    scopes: new Set(Scope.options),
  });
});

test('the operator is refused while nobody owns the instance, but is known all the same', async () => {
  await expect(callerOf(bearing(env.OPERATOR_SECRET))).rejects.toMatchObject({ code: 'unauthorized' });
  expect(await bearsOperatorSecret(bearing(env.OPERATOR_SECRET), env)).toBe(true);
});

test.each([
  '',
  ' ',
  'operator-secret-of-the-test',
  'operator-secret-of-the-testsX',
  'OPERATOR-SECRET-OF-THE-TESTS',
])('a wrong operator secret is nobody: "%s"', async (secret) => {
  await metadata.users.keepOwner(userRecord());
  await expect(callerOf(bearing(secret))).rejects.toMatchObject({ code: 'unauthorized' });
  expect(await bearsOperatorSecret(bearing(secret), env)).toBe(false);
});

test('an instance whose operator secret is not set has no operator', async () => {
  await metadata.users.keepOwner(userRecord());
  for (const secret of ['', 'undefined']) {
    expect(await bearsOperatorSecret(bearing(secret), { ...env, OPERATOR_SECRET: '' })).toBe(false);
    await expect(
      authenticate(bearing(secret), { ...env, OPERATOR_SECRET: '' }, metadata),
    ).rejects.toMatchObject({
      code: 'unauthorized',
    });
  }
});

test('an API token is refused from the moment that it runs out', async () => {
  const [token] = await keptToken({ expiresAt: new Date(NOW + 1).toISOString() });
  await callerOf(bearing(token));
  vi.setSystemTime(NOW + 1);
  await expect(callerOf(bearing(token))).rejects.toMatchObject({ code: 'unauthorized' });
});

test('a token of another kind is no API token', async () => {
  for (const kind of ['registration', 'sign_in'] as const) {
    const [token] = await keptToken({ kind });
    await expect(callerOf(bearing(token))).rejects.toMatchObject({ code: 'unauthorized' });
  }
});

test('the use of an API token is written down, at most once a minute', async () => {
  const [token, { hash }] = await keptToken();
  const lastUsed = async () => (await metadata.tokens.byHash('api', hash, ''))?.lastUsedAt;
  await callerOf(bearing(token));
  expect(await lastUsed()).toBe('2026-11-10T12:00:00.000Z');
  vi.setSystemTime(NOW + 59_999);
  await callerOf(bearing(token));
  expect(await lastUsed()).toBe('2026-11-10T12:00:00.000Z');
  vi.setSystemTime(NOW + 60_000);
  await callerOf(bearing(token));
  expect(await lastUsed()).toBe('2026-11-10T12:01:00.000Z');
});

test('a browser may offer its token as a WebSocket subprotocol', async () => {
  const [token, record] = await keptToken();
  const offered = `appflux.logs.v1, appflux.token.${token}`;
  expect((await callerOf(withHeaders({ 'Sec-WebSocket-Protocol': offered }))).ownerId).toBe(record.ownerId);
  const { access_token, user } = await signIn();
  const jwt = `appflux.token.${access_token},appflux.logs.v1`;
  expect((await callerOf(withHeaders({ 'Sec-WebSocket-Protocol': jwt }))).ownerId).toBe(user.id);
});

test('the header wins over the subprotocol', async () => {
  const [token] = await keptToken();
  const request = withHeaders({
    Authorization: `Bearer ${makeToken('api')}`,
    'Sec-WebSocket-Protocol': `appflux.token.${token}`,
  });
  await expect(callerOf(request)).rejects.toMatchObject({ code: 'unauthorized' });
});

test.each<[string, Record<string, string>]>([
  ['no header', {}],
  ['an empty header', { Authorization: '' }],
  ['a scheme without a token', { Authorization: 'Bearer' }],
  ['another scheme', { Authorization: 'Basic b3BlcmF0b3I6c2VjcmV0' }],
  ['two tokens', { Authorization: 'Bearer afx_a afx_b' }],
  [
    'a token that was never made',
    { Authorization: 'Bearer afx_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
  ],
  ['something like a JWT', { Authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' }],
  ['an empty subprotocol token', { 'Sec-WebSocket-Protocol': 'appflux.logs.v1, appflux.token.' }],
  ['no subprotocol token', { 'Sec-WebSocket-Protocol': 'appflux.logs.v1' }],
])('%s is nobody', async (_title, headers) => {
  await expect(callerOf(withHeaders(headers))).rejects.toMatchObject({ code: 'unauthorized' });
});

test('the scheme may be written in any case (RFC 9110 §11.1)', async () => {
  const [token, record] = await keptToken();
  expect((await callerOf(withHeaders({ Authorization: `bearer ${token}` }))).ownerId).toBe(record.ownerId);
});

test('a runner is known by its credential until it is removed', async () => {
  const credential = makeToken('runner');
  const runner = runnerRecord({ credentialHash: await hashToken(credential) });
  await metadata.runners.insert(runner);
  expect(await authenticateRunner(bearing(credential), metadata)).toEqual(runner);
  await metadata.runners.delete(runner.id);
  await expect(authenticateRunner(bearing(credential), metadata)).rejects.toMatchObject({
    code: 'unauthorized',
  });
});

test("a runner's credential is no API token, and an API token no runner's credential", async () => {
  const credential = makeToken('runner');
  await metadata.runners.insert(runnerRecord({ credentialHash: await hashToken(credential) }));
  const [token] = await keptToken();
  await expect(callerOf(bearing(credential))).rejects.toMatchObject({ code: 'unauthorized' });
  await expect(authenticateRunner(bearing(token), metadata)).rejects.toMatchObject({ code: 'unauthorized' });
  await expect(authenticateRunner(withHeaders({}), metadata)).rejects.toMatchObject({ code: 'unauthorized' });
});
