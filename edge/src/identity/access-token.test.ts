import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { base64url, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { forgetAll, signIn } from '../testing/worker.ts';
import { ACCESS_TOKEN_SECONDS, issuerUrl, verifyAccessToken } from './access-token.ts';
import type { Session } from './issuer.ts';
import { type SigningKeys, signingKeys } from './signing-keys.ts';

let session: Session;
let keys: SigningKeys;

beforeAll(async () => {
  await forgetAll();
  session = await signIn();
  keys = await signingKeys(env, metadataOf(env));
});

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() }));
afterEach(() => vi.useRealTimers());

const verify = (token: string) => verifyAccessToken(token, env, metadataOf(env));

/** A token that is right in all but what `change` does to it. */
async function forged(change: {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  key?: CryptoKey | Uint8Array;
}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuerUrl(env),
    aud: 'authenticated',
    sub: session.user.id,
    email: 'owner@localhost',
    session_id: crypto.randomUUID(),
    iat: now,
    exp: now + 60,
    ...change.claims,
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', kid: keys.keyId, ...change.header })
    .sign(change.key ?? keys.privateKey, { crit: { 'x-new': true } });
}

const part = (value: unknown) => base64url.encode(JSON.stringify(value));
const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(base64url.decode(token.split('.')[1] ?? '')));

test('a token of the issuer says who it speaks for', async () => {
  const claims = await verify(session.access_token);
  expect(claims).toEqual({
    userId: session.user.id,
    email: 'owner@localhost',
    sessionId: claimsOf(session.access_token).session_id,
    methods: ['otp'],
  });
});

test('a token has the claims that Supabase Auth puts in', () => {
  const { iat, exp, ...claims } = claimsOf(session.access_token);
  expect(claims).toEqual({
    iss: 'http://localhost:8787/auth/v1',
    aud: 'authenticated',
    sub: session.user.id,
    role: 'authenticated',
    aal: 'aal1',
    amr: [{ method: 'otp', timestamp: iat }],
    email: 'owner@localhost',
    phone: '',
    session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    is_anonymous: false,
  });
  expect(Number(exp) - Number(iat)).toBe(3600);
});

test('a token that differs in nothing but being made here is good, so the refusals below are for their reason', async () => {
  expect((await verify(await forged({}))).userId).toBe(session.user.id);
});

test('a token is good until its hour is over, and not a second longer', async () => {
  const start = Number(claimsOf(session.access_token).iat) * 1000;
  vi.setSystemTime(start + (ACCESS_TOKEN_SECONDS - 1) * 1000);
  await verify(session.access_token);
  vi.setSystemTime(start + ACCESS_TOKEN_SECONDS * 1000);
  await expect(verify(session.access_token)).rejects.toMatchObject({
    code: 'unauthorized',
    message: 'The access token has expired',
  });
});

const publicKeyBytes = () => new TextEncoder().encode(JSON.stringify(keys.publicJwk));

const FORGERIES: Record<string, () => Promise<string>> = {
  'is not signed (alg none)': async () => `${part({ alg: 'none' })}.${session.access_token.split('.')[1]}.`,
  'says none and keeps the signature': async () =>
    [part({ alg: 'none' }), ...session.access_token.split('.').slice(1)].join('.'),
  'is signed with the public key as an HMAC secret': () =>
    forged({ header: { alg: 'HS256' }, key: publicKeyBytes() }),
  'is signed by somebody else under our key id': async () =>
    forged({ key: (await generateKeyPair('ES256')).privateKey }),
  'names a key that is not there': () => forged({ header: { kid: 'other' } }),
  'is signed with another algorithm': async () =>
    forged({ header: { alg: 'ES384' }, key: (await generateKeyPair('ES384')).privateKey }),
  'brings its own key along': async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await crypto.subtle.exportKey('jwk', publicKey);
    return forged({ header: { jwk, kid: undefined }, key: privateKey });
  },
  'has a critical header that we do not know': () => forged({ header: { crit: ['x-new'], 'x-new': 1 } }),
  'comes from another issuer': () => forged({ claims: { iss: 'https://evil.example/auth/v1' } }),
  'has no issuer': () => forged({ claims: { iss: undefined } }),
  'is for another audience': () => forged({ claims: { aud: 'anon' } }),
  'has no audience': () => forged({ claims: { aud: undefined } }),
  'never runs out': () => forged({ claims: { exp: undefined } }),
  'has expired': () => forged({ claims: { exp: Math.floor(Date.now() / 1000) - 1 } }),
  'is not valid yet': () => forged({ claims: { nbf: Math.floor(Date.now() / 1000) + 60 } }),
  'has no subject': () => forged({ claims: { sub: undefined } }),
  'has a subject that is no user id': () => forged({ claims: { sub: "' OR 1=1 --" } }),
  'has no session': () => forged({ claims: { session_id: undefined } }),
  'is empty': async () => '..',
  'has no claims': async () => `${part({ alg: 'ES256', kid: keys.keyId })}..`,
};

test.each(Object.entries(FORGERIES))('a token that %s is refused', async (_title, make) => {
  await expect(verify(await make())).rejects.toMatchObject({ code: 'unauthorized' });
});

test('a token that was changed anywhere is refused, and never by a fault of ours', async () => {
  const token = session.access_token;
  await fc.assert(
    fc.asyncProperty(
      fc.nat(token.length - 2),
      fc.string({ minLength: 1, maxLength: 3 }),
      async (at, text) => {
        const changed = token.slice(0, at) + text + token.slice(at + text.length);
        fc.pre(changed !== token && at + text.length < token.length - 1);
        await expect(verify(changed)).rejects.toMatchObject({ code: 'unauthorized' });
      },
    ),
    { numRuns: 200 },
  );
});
