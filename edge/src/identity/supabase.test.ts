/** A Supabase project as the issuer, with its key set on a server of its own. */
import { env } from 'cloudflare:workers';
import type { ErrorBody, InstanceConfig, Me } from '@appflux/protocol';
import { base64url, exportJWK, generateKeyPair } from 'jose';
import { beforeEach, expect, inject, test } from 'vitest';
import type { Env } from '../env.ts';
import { metadataOf } from '../metadata/index.ts';
import { founder } from '../testing/people.ts';
import { tokenOf } from '../testing/supabase.ts';
import { type Asked, forgetAll, request, requestWith } from '../testing/worker.ts';
import { issueToken } from './one-time-token.ts';

const { supabase, broken } = inject('issuers');
const SECRET = 'shared-secret-of-the-project-of-the-tests';

beforeEach(forgetAll);

const project: Partial<Env> = { SUPABASE_URL: supabase.url, APPFLUX_SIGN_UP: 'open' };
const ask = (path: string, asked: Asked = {}, more: Partial<Env> = {}) =>
  requestWith({ ...project, ...more }, path, asked);
const statusFor = async (token: string, more: Partial<Env> = {}) =>
  (await ask('/api/apps', { token }, more)).status;

test.each(['ES256', 'RS256'] as const)(
  'a person of the project has a team of their own, by %s',
  async (alg) => {
    const sub = crypto.randomUUID();
    const token = await tokenOf(sub, { alg });
    const json = { name: 'Shop', source: { provider: 'upload' } };
    const created = await ask('/api/apps', { method: 'POST', token, json });
    expect(created.status).toBe(201);
    expect(await created.json()).toMatchObject({ ownerId: sub });
    expect(await (await ask('/api/me', { token })).json<Me>()).toMatchObject({
      userId: sub,
      teamId: sub,
      role: 'owner',
      teams: [{ id: sub, name: 'ada@example.com', role: 'owner' }],
    });
  },
);

const FORGERIES: Record<string, () => Promise<string>> = {
  'of another issuer': () =>
    tokenOf(crypto.randomUUID(), { claims: { iss: 'https://evil.example/auth/v1' } }),
  'of this edge’s own issuer': () =>
    tokenOf(crypto.randomUUID(), { claims: { iss: `${env.PUBLIC_URL}/auth/v1` } }),
  'for another audience': () => tokenOf(crypto.randomUUID(), { claims: { aud: 'anon' } }),
  'that has expired': () =>
    tokenOf(crypto.randomUUID(), { claims: { exp: Math.floor(Date.now() / 1000) - 1 } }),
  'that never runs out': () => tokenOf(crypto.randomUUID(), { claims: { exp: undefined } }),
  'of an unknown key': () => tokenOf(crypto.randomUUID(), { header: { kid: 'key-other' } }),
  'signed by somebody else under a known key id': async () =>
    tokenOf(crypto.randomUUID(), { key: (await generateKeyPair('ES256')).privateKey }),
  'signed with the public key as a shared secret': async () => {
    const { d: _, ...published } = supabase.keys.ES256;
    const bytes = new TextEncoder().encode(JSON.stringify(published));
    return tokenOf(crypto.randomUUID(), { header: { alg: 'HS256' }, key: bytes });
  },
  'signed with a shared secret that the operator gave nobody': () =>
    tokenOf(crypto.randomUUID(), { header: { alg: 'HS256' }, key: new TextEncoder().encode(SECRET) }),
  'that brings its own key': async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    return tokenOf(crypto.randomUUID(), {
      header: { kid: undefined, jwk: await exportJWK(publicKey) },
      key: privateKey,
    });
  },
  'that says where its key is': async () =>
    tokenOf(crypto.randomUUID(), {
      header: { jku: 'https://evil.example/jwks.json' },
      key: (await generateKeyPair('ES256')).privateKey,
    }),
  'that is not signed': async () => {
    const [, claims] = (await tokenOf(crypto.randomUUID())).split('.');
    return `${base64url.encode(JSON.stringify({ alg: 'none' }))}.${claims}.`;
  },
  'that was changed': async () => {
    const [header, , signature] = (await tokenOf(crypto.randomUUID())).split('.');
    const [, claims] = (await tokenOf(crypto.randomUUID())).split('.');
    return [header, claims, signature].join('.');
  },
  'whose subject is no user id': () => tokenOf("' OR 1=1 --"),
  'without a session': () => tokenOf(crypto.randomUUID(), { claims: { session_id: undefined } }),
  'of the service role': () =>
    tokenOf(crypto.randomUUID(), { claims: { aud: undefined, role: 'service_role', sub: undefined } }),
};

test.each(Object.entries(FORGERIES))('a token %s is refused', async (_title, make) => {
  expect(await statusFor(await make())).toBe(401);
});

test('a shared secret is believed only when the operator gave it, and then beside the published keys', async () => {
  const sub = crypto.randomUUID();
  const shared = await tokenOf(sub, { header: { alg: 'HS256' }, key: new TextEncoder().encode(SECRET) });
  const wrong = await tokenOf(sub, { header: { alg: 'HS256' }, key: new TextEncoder().encode('another') });
  const given = { SUPABASE_JWT_SECRET: SECRET };
  expect(await statusFor(shared)).toBe(401);
  expect(await statusFor(shared, given)).toBe(200);
  expect(await statusFor(wrong, given)).toBe(401);
  expect(await statusFor(await tokenOf(sub), given)).toBe(200);
  // The secret opens nothing that says it was signed with a key pair.
  const confused = await tokenOf(sub, {
    header: { alg: 'HS256', kid: 'key-ES256' },
    key: new TextEncoder().encode(JSON.stringify(supabase.keys.ES256)),
  });
  expect(await statusFor(confused, given)).toBe(401);
});

test.each(Object.entries(broken))(
  'a project whose keys cannot be had (%s) is 503, and signs nobody out',
  async (_title, url) => {
    const claims = { iss: `${url}/auth/v1` };
    const response = await requestWith({ SUPABASE_URL: url }, '/api/apps', {
      token: await tokenOf(crypto.randomUUID(), { claims }),
    });
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toBe('5');
    expect((await response.json<ErrorBody>()).error.code).toBe('unavailable');
  },
);

test('the embedded issuer is off: nobody signs in there, and its tokens open nothing', async () => {
  const local = await founder();
  expect((await request('/api/apps', { token: local.token })).status).toBe(200);
  expect(await statusFor(local.token)).toBe(401);
  for (const [method, path] of [
    ['POST', '/signup'],
    ['POST', '/token?grant_type=password'],
    ['POST', '/verify'],
    ['GET', '/.well-known/jwks.json'],
    ['GET', '/settings'],
  ]) {
    const response = await ask(`/auth/v1${path}`, {
      method: method ?? '',
      ...(method === 'POST' ? { json: {} } : {}),
    });
    expect(response.status).toBe(404);
  }
});

test('tokens of programs go on working', async () => {
  const { token } = await issueToken(metadataOf(env), 'api', {
    ownerId: crypto.randomUUID(),
    kind: 'api',
    name: 'ci',
    scopes: ['apps:read'],
  });
  expect(await statusFor(token)).toBe(200);
});

test('the dashboard gets the project, with its publishable key', async () => {
  const config = await (
    await ask('/api/config', {}, { SUPABASE_ANON_KEY: 'sb_publishable_x' })
  ).json<InstanceConfig>();
  expect(config.auth).toMatchObject({
    issuer: 'supabase',
    url: supabase.url,
    key: 'sb_publishable_x',
    signUp: 'open',
  });
  const closed = await (
    await ask('/api/config', {}, { APPFLUX_SIGN_UP: 'invitation' })
  ).json<InstanceConfig>();
  expect(closed.auth.signUp).toBe('invitation');
  const own = await (await request('/api/config')).json<InstanceConfig>();
  expect(own.auth).toEqual({
    issuer: 'embedded',
    url: env.PUBLIC_URL,
    key: 'appflux',
    github: false,
    signUp: 'invitation',
  });
});
