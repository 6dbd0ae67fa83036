import { env } from 'cloudflare:workers';
import { Hono } from 'hono';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ApiEnv } from '../http/router.ts';
import type { Session } from '../identity/issuer.ts';
import { createD1Metadata } from '../metadata/d1/index.ts';
import { forgetAll, request, signIn, signInToken } from '../testing/worker.ts';
import { auth } from './index.ts';

beforeEach(async () => {
  await forgetAll();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
});
afterEach(() => vi.useRealTimers());

const post = (path: string, json: unknown, token?: string) =>
  request(`/auth/v1${path}`, { method: 'POST', json, ...(token === undefined ? {} : { token }) });

const verify = (token_hash: string) => post('/verify', { type: 'magiclink', token_hash });
const refresh = (refresh_token: string) => post('/token?grant_type=refresh_token', { refresh_token });
const userOf = ({ access_token }: Session) => request('/auth/v1/user', { token: access_token });

async function refused(response: Response, status: number, errorCode: string) {
  expect(await response.json()).toEqual({ code: status, error_code: errorCode, msg: expect.any(String) });
  expect(response.status).toBe(status);
}

async function refreshed(session: Session): Promise<Session> {
  const response = await refresh(session.refresh_token);
  expect(response.status).toBe(200);
  return response.json<Session>();
}

test('a sign-in link gives a session', async () => {
  const response = await verify(await signInToken());
  expect(response.status).toBe(200);
  expect(response.headers.get('Cache-Control')).toBe('no-store');
  const session = await response.json<Session>();
  expect(session).toMatchObject({
    token_type: 'bearer',
    expires_in: 3600,
    user: { email: 'owner@localhost' },
  });
  expect(session.expires_at).toBe(Math.floor(Date.now() / 1000) + 3600);
  expect(await (await userOf(session)).json()).toEqual(session.user);
});

test('a sign-in link works once, even when it is followed twice at the same time', async () => {
  const token = await signInToken();
  const answers = await Promise.all([verify(token), verify(token), verify(token)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 403]);
  await refused(await verify(token), 403, 'otp_expired');
});

test('a sign-in link runs out after 24 hours', async () => {
  const token = await signInToken();
  vi.setSystemTime(Date.now() + 24 * 3_600_000);
  await refused(await verify(token), 403, 'otp_expired');
});

test('a new sign-in link ends the one before', async () => {
  const [first, second] = [await signInToken(), await signInToken()];
  await refused(await verify(first), 403, 'otp_expired');
  expect((await verify(second)).status).toBe(200);
});

test('a session goes on with a new refresh token each time', async () => {
  const first = await signIn();
  const second = await refreshed(first);
  const third = await refreshed(second);
  expect(new Set([first, second, third].map(({ refresh_token }) => refresh_token)).size).toBe(3);
  expect((await userOf(third)).status).toBe(200);
});

test('two tabs that refresh at the same time both stay signed in', async () => {
  const session = await signIn();
  const [one, two] = await Promise.all([refreshed(session), refreshed(session)]);
  vi.setSystemTime(Date.now() + 10_000);
  const late = await refreshed(session);
  for (const tab of [one, two, late]) await refreshed(tab);
});

test('a refresh token that is used again later was stolen: the session ends for everybody', async () => {
  const session = await signIn();
  const next = await refreshed(session);
  vi.setSystemTime(Date.now() + 10_001);
  await refused(await refresh(session.refresh_token), 400, 'refresh_token_already_used');
  await refused(await refresh(next.refresh_token), 400, 'refresh_token_not_found');
  await refused(await userOf(next), 403, 'session_not_found');
});

test('a session that nobody refreshes for 30 days is over', async () => {
  const session = await signIn();
  vi.setSystemTime(Date.now() + 30 * 24 * 3_600_000);
  await refused(await refresh(session.refresh_token), 400, 'session_expired');
});

test.each([
  ['local', [403, 200]],
  ['others', [200, 403]],
  ['global', [403, 403]],
])('signing out with scope %s ends the right sessions', async (scope, expected) => {
  const [here, elsewhere] = [await signIn(), await signIn()];
  const response = await request(`/auth/v1/logout?scope=${scope}`, {
    method: 'POST',
    token: here.access_token,
  });
  expect(response.status).toBe(204);
  expect([(await userOf(here)).status, (await userOf(elsewhere)).status]).toEqual(expected);
});

test('signing out without a scope ends all sessions', async () => {
  const [here, elsewhere] = [await signIn(), await signIn()];
  await request('/auth/v1/logout', { method: 'POST', token: here.access_token });
  await refused(await userOf(elsewhere), 403, 'session_not_found');
  await refused(await refresh(here.refresh_token), 400, 'refresh_token_not_found');
});

test.each<[string, string, RequestInit & { json?: unknown; token?: string }, number, string]>([
  ['no body', '/verify', { method: 'POST' }, 400, 'bad_json'],
  ['a body that is not JSON', '/verify', { method: 'POST', body: '{' }, 400, 'bad_json'],
  ['a body that is no object', '/verify', { method: 'POST', json: [] }, 400, 'validation_failed'],
  ['no token', '/verify', { method: 'POST', json: { type: 'magiclink' } }, 400, 'validation_failed'],
  [
    'another type of link',
    '/verify',
    { method: 'POST', json: { type: 'invite', token_hash: 'x' } },
    400,
    'validation_failed',
  ],
  [
    'a link that was never made',
    '/verify',
    { method: 'POST', json: { type: 'magiclink', token_hash: 'afs_x' } },
    403,
    'otp_expired',
  ],
  [
    'an oversized body',
    '/verify',
    { method: 'POST', json: { type: 'magiclink', token_hash: 'x'.repeat(20_000) } },
    413,
    'validation_failed',
  ],
  ['another grant', '/token?grant_type=id_token', { method: 'POST', json: {} }, 400, 'validation_failed'],
  ['no grant', '/token', { method: 'POST', json: {} }, 400, 'validation_failed'],
  [
    'an unknown refresh token',
    '/token?grant_type=refresh_token',
    { method: 'POST', json: { refresh_token: 'aft_x' } },
    400,
    'refresh_token_not_found',
  ],
  [
    'a refresh token of another type',
    '/token?grant_type=refresh_token',
    { method: 'POST', json: { refresh_token: { $ne: null } } },
    400,
    'validation_failed',
  ],
  ['nobody', '/user', {}, 401, 'no_authorization'],
  ['an API token', '/user', { token: 'afx_x' }, 403, 'bad_jwt'],
  ['a JWT that is not ours', '/user', { token: 'eyJhbGciOiJub25lIn0.e30.' }, 403, 'bad_jwt'],
  ['nobody who signs out', '/logout', { method: 'POST' }, 401, 'no_authorization'],
  ['an address that is not there', '/sso', { method: 'POST', json: {} }, 404, 'not_found'],
])('%s is refused in words that supabase-js knows', async (_title, path, init, status, errorCode) => {
  await refused(await request(`/auth/v1${path}`, init), status, errorCode);
});

test('a scope of signing out that is not there is refused and ends nothing', async () => {
  const session = await signIn();
  const path = '/auth/v1/logout?scope=galaxy';
  await refused(
    await request(path, { method: 'POST', token: session.access_token }),
    400,
    'validation_failed',
  );
  expect((await userOf(session)).status).toBe(200);
});

test('a database that does not answer is 503, so that the client keeps its session and tries again', async () => {
  const { refresh_token } = await signIn();
  const down = () => Promise.reject(new Error('D1_ERROR: Network connection lost.'));
  const statement = { bind: () => statement, all: down };
  const mounted = new Hono<ApiEnv>()
    .use(async (c, next) => {
      c.set('metadata', createD1Metadata({ prepare: () => statement } as unknown as D1Database));
      await next();
    })
    .route('/auth/v1', auth);
  const response = await mounted.request(
    '/auth/v1/token?grant_type=refresh_token',
    { method: 'POST', body: JSON.stringify({ refresh_token }) },
    env,
  );
  expect(response.headers.get('Retry-After')).toBe('2');
  await refused(response, 503, 'request_timeout');
});

test('a fault of ours is 500, is written to the log, and tells nothing of its cause', async () => {
  const { refresh_token } = await signIn();
  await env.METADATA.prepare('ALTER TABLE refresh_tokens RENAME TO elsewhere').run();
  const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const response = await refresh(refresh_token);
  expect(log).toHaveBeenCalledOnce();
  log.mockRestore();
  expect(await response.clone().text()).not.toContain('refresh_tokens');
  await refused(response, 500, 'unexpected_failure');
});

test('the key set has the public key that verifies the tokens, and nothing secret', async () => {
  const { keys } = await (await request('/auth/v1/.well-known/jwks.json')).json<{ keys: object[] }>();
  expect(keys).toHaveLength(1);
  expect(Object.keys(keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'key_ops', 'kid', 'kty', 'use', 'x', 'y']);
});

test('settings and health answer without a token', async () => {
  const settings = await (await request('/auth/v1/settings')).json();
  expect(settings).toMatchObject({ external: { email: true }, disable_signup: true });
  expect((await request('/auth/v1/health')).status).toBe(200);
});

test('pages of any origin may ask, with the headers that supabase-js sends', async () => {
  const asked = 'apikey,authorization,content-type,x-client-info,x-supabase-api-version';
  const preflight = await request('/auth/v1/token', {
    method: 'OPTIONS',
    headers: {
      Origin: 'https://dashboard.example',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': asked,
    },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('Access-Control-Allow-Origin')).toBe('*');
  expect(preflight.headers.get('Access-Control-Allow-Methods')).toContain('POST');
  expect(preflight.headers.get('Access-Control-Allow-Headers')?.split(',')).toEqual(asked.split(','));
  expect(preflight.headers.get('Access-Control-Allow-Credentials')).toBeNull();

  const refusal = await request('/auth/v1/user', { headers: { Origin: 'https://dashboard.example' } });
  expect(refusal.status).toBe(401);
  expect(refusal.headers.get('Access-Control-Allow-Origin')).toBe('*');
});

test('nothing of a session lies in the clear', async () => {
  const session = await signIn();
  const rows = await env.METADATA.prepare('SELECT * FROM refresh_tokens').all();
  expect(rows.results).toHaveLength(1);
  expect(JSON.stringify(rows.results)).not.toContain(session.refresh_token);
});
