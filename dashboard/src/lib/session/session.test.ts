import { AuthError, type Session as AuthSession } from '@supabase/auth-js';
import { describe, expect, test, vi } from 'vitest';
import { type AuthClient, type Issuer, Session } from './session.svelte.ts';

const NOW = Date.parse('2026-11-30T08:00:00Z');

/** A session whose access token ends in some minutes. */
const endingIn = (minutes: number) =>
  ({
    access_token: 'good',
    refresh_token: 'again',
    expires_at: NOW / 1000 + minutes * 60,
    user: { id: 'a', email: 'owner@example.com' },
  }) as AuthSession;
const signedIn = endingIn(60);
const LINK = { kind: 'token', tokenHash: 'code', type: 'magiclink' } as const;

/** An issuer with fixed responses that records calls. */
function issuerThat(answers: {
  session?: AuthSession | AuthError;
  refresh?: AuthSession | AuthError;
  verify?: AuthSession | AuthError;
}) {
  const calls: string[] = [];
  const answer = (value: AuthSession | AuthError | undefined) =>
    value instanceof AuthError
      ? { data: { session: null, user: null }, error: value }
      : { data: { session: value ?? null, user: value?.user ?? null }, error: null };
  const auth = {
    getSession: async () => answer(answers.session),
    dispose: async () => undefined,
    onAuthStateChange: (listener: (event: string, session: AuthSession | null) => void) => {
      listener('INITIAL_SESSION', answers.session instanceof AuthError ? null : (answers.session ?? null));
      return { data: { subscription: {} } };
    },
    verifyOtp: async () => answer(answers.verify),
    refreshSession: async () => answer(answers.refresh),
    signOut: async ({ scope }: { scope: string }) => {
      calls.push(`signOut ${scope}`);
      return { error: null };
    },
  };
  const issuer: Issuer = { kind: 'embedded', auth: auth as unknown as AuthClient };
  return { calls, issuer };
}

/** A session of a browser in which one is stored. `connections` counts how often the issuer's client was loaded. */
function browserWith(stored: AuthSession | string | null, connect: () => Promise<Issuer>) {
  let changed: () => void = () => undefined;
  const browser = {
    stored: typeof stored === 'object' && stored !== null ? JSON.stringify(stored) : stored,
    now: NOW,
    connections: 0,
    changed: () => changed(),
  };
  const session = new Session({
    connect: () => {
      browser.connections += 1;
      return connect();
    },
    kind: () => 'embedded',
    storage: {
      getItem: () => browser.stored,
      removeItem: () => {
        browser.stored = null;
      },
    },
    onStored: (callback) => {
      changed = callback;
    },
    now: () => browser.now,
  });
  return { browser, session };
}

/** A session with an issuer, in a browser in which one is stored. */
const sessionOf = (issuer: Issuer, stored: AuthSession | null = null) =>
  browserWith(stored, async () => issuer).session;

describe('a sign-in link', () => {
  test('signs its holder in', async () => {
    const session = sessionOf(issuerThat({ verify: signedIn }).issuer);
    expect(session.signedIn).toBe(false);
    expect(await session.handleCallback(LINK)).toEqual({ kind: 'signed_in' });
    expect(session.email).toBe('owner@example.com');
  });

  test.each([
    ['is used', new AuthError('Token has expired or is invalid', 403, 'otp_expired'), 'otp_expired'],
    ['can’t be checked', new AuthError('Failed to fetch', 0), 'unreachable'],
  ])('that %s returns a specific problem', async (_title, verify, code) => {
    const session = sessionOf(issuerThat({ verify }).issuer);
    expect(await session.handleCallback(LINK)).toMatchObject({ kind: 'failed', problem: { code } });
    expect(session.signedIn).toBe(false);
  });
});

test('a failed link is reported once it is known whether a user is signed in', async () => {
  const { issuer } = issuerThat({});
  const found = Promise.withResolvers<unknown>();
  const getSession = vi.fn(() => found.promise);
  const late = { ...issuer, auth: { ...issuer.auth, getSession } as never };
  const session = sessionOf(late, endingIn(-1));
  let arrived = false;
  const arrival = session.handleCallback({ kind: 'error', code: 'otp_expired', description: '' });
  void arrival.then(() => (arrived = true));
  await vi.waitFor(() => expect(getSession).toHaveBeenCalled());
  // Whatever doesn't wait for the answer has happened by now.
  await new Promise((resolve) => setTimeout(resolve));
  expect(arrived).toBe(false);
  found.resolve({ data: { session: signedIn }, error: null });
  expect(await arrival).toMatchObject({ kind: 'failed', problem: { code: 'otp_expired' } });
  expect(session.signedIn).toBe(true);
});

describe('the client of the issuer', () => {
  const refused = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'));

  test('is not loaded while the stored token is fresh, or nobody is signed in', async () => {
    const { session, browser } = browserWith(signedIn, refused);
    expect([session.ready, session.signedIn, session.email]).toEqual([true, true, 'owner@example.com']);
    expect(await session.token()).toBe('good');
    const nobody = browserWith(null, refused);
    expect([nobody.session.ready, nobody.session.signedIn]).toEqual([true, false]);
    expect(await nobody.session.token()).toBeNull();
    expect(browser.connections + nobody.browser.connections).toBe(0);
  });

  test('is loaded shortly before the token ends, and refreshes it', async () => {
    const fresh = { ...endingIn(120), access_token: 'fresh' };
    const { issuer } = issuerThat({ session: fresh });
    const { session, browser } = browserWith(signedIn, async () => issuer);
    browser.now = NOW + 57 * 60_000;
    expect([await session.token(), browser.connections]).toEqual(['good', 0]);
    browser.now = NOW + 58.5 * 60_000;
    expect([await session.token(), browser.connections]).toEqual(['fresh', 1]);
  });

  test('decides about a token that has ended', async () => {
    const { issuer } = issuerThat({ session: new AuthError('revoked', 400, 'refresh_token_not_found') });
    const { session } = browserWith(endingIn(-5), async () => issuer);
    expect(session.ready).toBe(false);
    await expect.poll(() => session.ready).toBe(true);
    expect(session.signedIn).toBe(false);
  });

  test('that can’t be loaded, or can’t reach the issuer, ends no session; later it goes on', async () => {
    const answers: { session: AuthSession | AuthError } = { session: new AuthError('Failed to fetch', 0) };
    let loads = false;
    const { session, browser } = browserWith(endingIn(-5), () =>
      loads ? Promise.resolve(issuerThat(answers).issuer) : refused(),
    );
    await session.start();
    expect(session.ready).toBe(false);
    loads = true;
    await session.start();
    expect([session.ready, browser.stored === null]).toEqual([false, false]);
    answers.session = signedIn;
    await session.start();
    expect([session.ready, session.signedIn]).toEqual([true, true]);
  });

  test('that can’t be loaded is a problem of signing in, and none of signing out', async () => {
    const { session, browser } = browserWith(null, refused);
    expect(await session.signIn('a@example.com', 'secret')).toMatchObject({ code: 'unreachable' });
    expect(await session.handleCallback(LINK)).toMatchObject({ kind: 'failed' });
    browser.stored = JSON.stringify(signedIn);
    browser.changed();
    expect(session.signedIn).toBe(true);
    await session.handleUnauthorized();
    expect(session.signedIn).toBe(true);
    await expect(session.signOut('global')).rejects.toMatchObject({ code: 'unavailable' });
    expect(session.signedIn).toBe(true);
    await session.signOut();
    expect([session.signedIn, browser.stored]).toEqual([false, null]);
  });
});

test('what another tab stores is followed', async () => {
  const { session, browser } = browserWith(signedIn, async () => issuerThat({}).issuer);
  browser.stored = JSON.stringify({ ...endingIn(90), access_token: 'newer' });
  expect(await session.token()).toBe('newer');
  browser.stored = null;
  browser.changed();
  expect([session.signedIn, await session.token()]).toEqual([false, null]);
});

describe('a token that the server rejects', () => {
  test('ends the session in this browser if it can’t be refreshed', async () => {
    const { issuer, calls } = issuerThat({ refresh: new AuthError('revoked', 400) });
    const session = sessionOf(issuer, signedIn);
    await session.handleUnauthorized();
    expect(session.signedIn).toBe(false);
    expect(calls).toEqual(['signOut local']);
  });

  test('keeps the session if a refresh succeeds or the server can’t be reached', async () => {
    for (const refresh of [signedIn, new AuthError('Failed to fetch', 0)]) {
      const { issuer, calls } = issuerThat({ refresh });
      const session = sessionOf(issuer, signedIn);
      await session.handleUnauthorized();
      expect(session.signedIn).toBe(true);
      expect(calls).toEqual([]);
    }
  });
});
