/** The dashboard's client, unmodified, against the Worker. */
import { env } from 'cloudflare:workers';
import { createClient } from '@supabase/supabase-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { forgetAll, request, signInToken } from '../testing.ts';
import { authenticate } from './authenticate.ts';

beforeEach(async () => {
  await forgetAll();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
});
afterEach(() => vi.useRealTimers());

/** A browser: its own storage, and a network that leads to the Worker. */
function browser(storage = new Map<string, string>()) {
  return createClient(env.PUBLIC_URL, 'anon', {
    auth: {
      autoRefreshToken: false,
      detectSessionInUrl: false,
      storage: {
        getItem: (key) => storage.get(key) ?? null,
        setItem: (key, value) => void storage.set(key, value),
        removeItem: (key) => void storage.delete(key),
      },
    },
    global: {
      fetch: (input, init) => {
        const { pathname, search } = new URL(String(input));
        return request(pathname + search, init ?? {});
      },
    },
  });
}

async function signedIn(storage?: Map<string, string>) {
  const client = browser(storage);
  const { data, error } = await client.auth.verifyOtp({ type: 'magiclink', token_hash: await signInToken() });
  expect(error).toBeNull();
  if (!data.session) throw new Error('There is no session');
  return { client, session: data.session };
}

const callerOf = (token: string) =>
  authenticate(
    new Request(env.PUBLIC_URL, { headers: { Authorization: `Bearer ${token}` } }),
    env,
    metadataOf(env),
  );

test('a sign-in link signs in, and the API knows the user', async () => {
  const { client, session } = await signedIn();
  expect((await client.auth.getUser()).data.user?.email).toBe('owner@localhost');
  expect((await callerOf(session.access_token)).ownerId).toBe(session.user.id);
});

test('a link that was used is an error that the client can show', async () => {
  const token = await signInToken();
  await browser().auth.verifyOtp({ type: 'magiclink', token_hash: token });
  const { data, error } = await browser().auth.verifyOtp({ type: 'magiclink', token_hash: token });
  expect(data.session).toBeNull();
  expect(error).toMatchObject({ status: 403, code: 'otp_expired' });
});

test('the session outlives a reload, and its access token is renewed when it has run out', async () => {
  const storage = new Map<string, string>();
  const { session } = await signedIn(storage);
  vi.setSystemTime(Date.now() + 2 * 3_600_000);
  const reloaded = (await browser(storage).auth.getSession()).data.session;
  expect(reloaded?.access_token).not.toBe(session.access_token);
  expect((await callerOf(reloaded?.access_token ?? '')).ownerId).toBe(session.user.id);
});

test('claims are verified by the published key, without asking who the user is', async () => {
  const { client, session } = await signedIn();
  const { data, error } = await client.auth.getClaims();
  expect(error).toBeNull();
  expect(data?.header.alg).toBe('ES256');
  expect(data?.claims.sub).toBe(session.user.id);
});

test('signing out ends the session here and for the API', async () => {
  const { client, session } = await signedIn();
  expect((await client.auth.signOut()).error).toBeNull();
  expect((await client.auth.getSession()).data.session).toBeNull();
  await expect(callerOf(session.access_token)).rejects.toMatchObject({ code: 'unauthorized' });
});

test('a client whose session was ended elsewhere learns of it and lets go of it', async () => {
  const { client } = await signedIn();
  const other = await signedIn();
  await other.client.auth.signOut({ scope: 'others' });
  expect((await client.auth.getUser()).error?.name).toBe('AuthSessionMissingError');
  const { error } = await client.auth.refreshSession();
  expect(error).not.toBeNull();
  expect((await client.auth.getSession()).data.session).toBeNull();
  expect((await other.client.auth.getUser()).error).toBeNull();
});
