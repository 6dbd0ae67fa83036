/** The dashboard's client, unmodified, against the Worker. */
import { env } from 'cloudflare:workers';
import { createClient, type SupabaseClientOptions } from '@supabase/supabase-js';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { outboxOf } from '../outbox/index.ts';
import { waitingToken } from '../testing/outbox.ts';
import { founder } from '../testing/people.ts';
import { type Asked, forgetAll, request, requestWith, signInToken } from '../testing/worker.ts';
import { authenticate } from './authenticate.ts';
import { issueToken } from './one-time-token.ts';
import { createRecoveryLink } from './sign-in-link.ts';

beforeEach(async () => {
  await forgetAll();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
});
afterEach(() => vi.useRealTimers());

/** A browser: its own storage, and a network that leads to the Worker. */
function browser(
  storage = new Map<string, string>(),
  options: SupabaseClientOptions<'public'>['auth'] = {},
  send = request,
) {
  return createClient(env.PUBLIC_URL, 'anon', {
    auth: {
      ...options,
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
        return send(pathname + search, init ?? {});
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

test('the session outlives a reload, and its access token is renewed when it has expired', async () => {
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

const PASSWORD = 'correct horse battery';

async function invitation(ownerId: string): Promise<string> {
  const facts = { ownerId, kind: 'invitation', name: '', role: 'developer' } as const;
  return (await issueToken(metadataOf(env), 'invitation', facts)).token;
}

test('who was invited signs up, signs out, and signs in by password', async () => {
  const owner = await founder();
  const client = browser();
  const signedUp = await client.auth.signUp({
    email: 'ada@example.com',
    password: PASSWORD,
    options: { data: { invitation: await invitation(owner.user.id) } },
  });
  expect(signedUp.error).toBeNull();
  expect(await callerOf(signedUp.data.session?.access_token ?? '')).toMatchObject({
    ownerId: owner.user.id,
    role: 'developer',
  });
  await client.auth.signOut();
  const { data, error } = await client.auth.signInWithPassword({
    email: 'ada@example.com',
    password: PASSWORD,
  });
  expect(error).toBeNull();
  expect(data.user?.email).toBe('ada@example.com');
});

test('the client understands why it is not let in', async () => {
  const { auth } = browser();
  const [closed, weak, wrong] = [
    await auth.signUp({ email: 'eve@example.com', password: PASSWORD }),
    await auth.signUp({
      email: 'eve@example.com',
      password: 'short',
      options: { data: { invitation: await invitation(crypto.randomUUID()) } },
    }),
    await auth.signInWithPassword({ email: 'eve@example.com', password: PASSWORD }),
  ];
  expect(closed.error).toMatchObject({ status: 422, code: 'signup_disabled' });
  expect(weak.error).toMatchObject({ name: 'AuthWeakPasswordError', status: 422, code: 'weak_password' });
  expect(wrong.error).toMatchObject({ status: 400, code: 'invalid_credentials' });
  for (let i = 0; i < 10; i += 1)
    await auth.signInWithPassword({ email: 'eve@example.com', password: `guess ${i}` });
  const throttled = await auth.signInWithPassword({ email: 'eve@example.com', password: PASSWORD });
  expect(throttled.error).toMatchObject({ status: 429, code: 'over_request_rate_limit' });
});

test('a forgotten password is reset by a link, and the client sees that it is one', async () => {
  const person = await founder({ email: 'ada@example.com' });
  const client = browser();
  const events: string[] = [];
  client.auth.onAuthStateChange((event) => void events.push(event));
  expect((await client.auth.resetPasswordForEmail('ada@example.com')).error).toBeNull();
  const { url } = await createRecoveryLink(env, metadataOf(env), person.user);
  const token_hash = new URL(url).hash.split('=')[1] ?? '';
  expect((await client.auth.verifyOtp({ type: 'recovery', token_hash })).error).toBeNull();
  expect(events).toContain('PASSWORD_RECOVERY');
  const changed = await client.auth.updateUser({ password: PASSWORD });
  expect(changed.error).toBeNull();
  expect(changed.data.user?.app_metadata.password).toBe(true);
  const { error } = await browser().auth.signInWithPassword({ email: 'ada@example.com', password: PASSWORD });
  expect(error).toBeNull();
});

test('a password is changed with the present one, and the session goes on', async () => {
  const { client } = await signedIn();
  expect((await client.auth.updateUser({ password: PASSWORD })).error).toBeNull();
  const later = browser();
  await later.auth.signInWithPassword({ email: 'owner@localhost', password: PASSWORD });
  const refusal = await later.auth.updateUser({ password: 'a whole new one' });
  expect(refusal.error).toMatchObject({ code: 'reauthentication_needed' });
  const attributes = { password: 'a whole new one', current_password: PASSWORD };
  expect((await later.auth.updateUser(attributes)).error).toBeNull();
  expect((await later.auth.getUser()).error).toBeNull();
  expect((await client.auth.getUser()).error).not.toBeNull();
});

/** The Worker with an OAuth app of GitHub's. */
function sendWithGithub(path: string, asked?: Asked): Promise<Response> {
  const { github } = inject('issuers');
  const variables = {
    GITHUB_CLIENT_ID: github.clientId,
    GITHUB_CLIENT_SECRET: github.clientSecret,
    GITHUB_URL: github.url,
    GITHUB_API_URL: github.url,
  };
  return requestWith(variables, path, asked);
}

test('GitHub signs in by PKCE, as the client does it', async () => {
  const send = sendWithGithub;
  const owner = await founder();
  const { auth } = browser(new Map(), { flowType: 'pkce' }, send);
  const { data } = await auth.signInWithOAuth({
    provider: 'github',
    options: { redirectTo: `${env.PUBLIC_URL}/sign-in`, skipBrowserRedirect: true },
  });
  const away = new URL(data.url ?? '');
  const left = await send(away.pathname + away.search, {
    method: 'POST',
    json: { invitation: await invitation(owner.user.id) },
  });
  const state = new URL((await left.json<{ url: string }>()).url).searchParams.get('state') ?? '';
  const back = await send(`/auth/v1/callback?${new URLSearchParams({ code: 'github-90210-hub', state })}`);
  const code = new URL(back.headers.get('Location') ?? '').searchParams.get('code') ?? '';
  const { data: exchanged, error } = await auth.exchangeCodeForSession(code);
  expect(error).toBeNull();
  expect(exchanged.user?.email).toBe('hub@example.com');
  expect(await callerOf(exchanged.session?.access_token ?? '')).toMatchObject({ role: 'developer' });
});

test('a GitHub account is linked and unlinked by the client, as long as another way in is left', async () => {
  const person = await founder({ email: 'ada@example.com' });
  const { auth } = browser(new Map(), { flowType: 'pkce' }, sendWithGithub);
  const { url } = await createRecoveryLink(env, metadataOf(env), person.user);
  await auth.verifyOtp({ type: 'recovery', token_hash: new URL(url).hash.split('=')[1] ?? '' });

  const redirectTo = `${env.PUBLIC_URL}/settings/account`;
  const { data: begun } = await auth.linkIdentity({
    provider: 'github',
    options: { redirectTo, skipBrowserRedirect: true },
  });
  const state = new URL(begun.url ?? '').searchParams.get('state') ?? '';
  await sendWithGithub(`/auth/v1/callback?${new URLSearchParams({ code: 'github-4711-ada', state })}`);
  const identity = async (provider: string) => {
    const { data, error } = await auth.getUserIdentities();
    expect(error).toBeNull();
    return data?.identities.find((known) => known.provider === provider);
  };
  const linked = await identity('github');
  if (linked === undefined) throw new Error('GitHub is not linked');
  expect(linked).toMatchObject({ id: '4711', user_id: person.user.id });

  expect((await auth.unlinkIdentity(linked)).error).toMatchObject({
    status: 422,
    code: 'single_identity_not_deletable',
  });
  expect((await auth.updateUser({ password: PASSWORD })).error).toBeNull();
  expect((await auth.unlinkIdentity({ ...linked, identity_id: 'github-1' })).error).toMatchObject({
    status: 422,
    code: 'identity_not_found',
  });
  expect((await auth.unlinkIdentity(linked)).error).toBeNull();
  expect(await identity('github')).toBeUndefined();
  expect(await metadataOf(env).users.byGithubId('4711')).toBeNull();
  const password = await identity('email');
  if (password === undefined) throw new Error('There is no password');
  expect((await auth.unlinkIdentity(password)).error).toMatchObject({
    code: 'single_identity_not_deletable',
  });
});

test('without mail a link that was asked for goes to the operator, and signs in once', async () => {
  await founder({ email: 'ada@example.com' });
  const { data, error } = await browser().auth.signInWithOtp({ email: 'Ada@Example.com' });
  expect(error).toBeNull();
  expect(data).toEqual({ user: null, session: null });
  const token_hash = await waitingToken('ada@example.com');
  const verify = () => browser().auth.verifyOtp({ type: 'email', token_hash });
  const signedIn = await verify();
  expect(signedIn.error).toBeNull();
  expect(signedIn.data.user?.email).toBe('ada@example.com');
  expect((await verify()).error).toMatchObject({ code: 'otp_expired' });
});

test('an unknown email gets the same answer and no account, and links are throttled', async () => {
  await signInToken();
  const ask = () => browser().auth.signInWithOtp({ email: 'eve@example.com' });
  for (let i = 0; i < 5; i += 1) expect((await ask()).error).toBeNull();
  expect((await ask()).error).toMatchObject({ status: 429, code: 'over_request_rate_limit' });
  expect(await outboxOf(env).list()).toEqual([]);
  expect(await metadataOf(env).users.byEmail('eve@example.com')).toBeNull();
});

test('a link that was asked for does not end the one that the operator gave', async () => {
  const token_hash = await signInToken();
  await browser().auth.signInWithOtp({ email: 'owner@localhost' });
  await waitingToken('owner@localhost');
  expect((await browser().auth.verifyOtp({ type: 'magiclink', token_hash })).error).toBeNull();
});
