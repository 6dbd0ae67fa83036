import { AuthError, type Session as AuthSession } from '@supabase/supabase-js';
import { describe, expect, test } from 'vitest';
import { type AuthClient, type Issuer, Session } from './session.svelte.ts';

const signedIn = { access_token: 'good', user: { email: 'owner@example.com' } } as AuthSession;
const LINK = { kind: 'token', tokenHash: 'code', type: 'magiclink' } as const;

/** An issuer with fixed responses that records calls. */
function issuerThat(answers: { refresh?: AuthSession | AuthError; verify?: AuthSession | AuthError }) {
  const calls: string[] = [];
  const answer = (value: AuthSession | AuthError | undefined) =>
    value instanceof AuthError
      ? { data: { session: null, user: null }, error: value }
      : { data: { session: value ?? null, user: value?.user ?? null }, error: null };
  const auth = {
    getSession: async () => ({ data: { session: signedIn }, error: null }),
    onAuthStateChange: (listener: (event: string, session: AuthSession | null) => void) => {
      listener('INITIAL_SESSION', answers.verify === undefined ? signedIn : null);
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

describe('a sign-in link', () => {
  test('signs its holder in', async () => {
    const session = new Session(issuerThat({ verify: signedIn }).issuer);
    expect(session.signedIn).toBe(false);
    expect(await session.handleCallback(LINK)).toEqual({ kind: 'signed_in' });
    expect(session.email).toBe('owner@example.com');
  });

  test.each([
    ['is used', new AuthError('Token has expired or is invalid', 403, 'otp_expired'), 'otp_expired'],
    ['can’t be checked', new AuthError('Failed to fetch', 0), 'unreachable'],
  ])('that %s returns a specific problem', async (_title, verify, code) => {
    const session = new Session(issuerThat({ verify }).issuer);
    expect(await session.handleCallback(LINK)).toMatchObject({ kind: 'failed', problem: { code } });
    expect(session.signedIn).toBe(false);
  });
});

test('a failed link is reported once it is known whether a user is signed in', async () => {
  const { issuer } = issuerThat({});
  let tell: (session: AuthSession | null) => void = () => undefined;
  const late = (listener: (event: string, session: AuthSession | null) => void) => {
    tell = (session) => listener('INITIAL_SESSION', session);
  };
  const session = new Session({ ...issuer, auth: { ...issuer.auth, onAuthStateChange: late } as never });
  let arrived = false;
  const arrival = session.handleCallback({ kind: 'error', code: 'otp_expired', description: '' });
  void arrival.then(() => (arrived = true));
  await new Promise((resolve) => setTimeout(resolve));
  expect(arrived).toBe(false);
  tell(signedIn);
  expect(await arrival).toMatchObject({ kind: 'failed', problem: { code: 'otp_expired' } });
  expect(session.signedIn).toBe(true);
});

describe('a token that the server rejects', () => {
  test('ends the session in this browser if it can’t be refreshed', async () => {
    const { issuer, calls } = issuerThat({ refresh: new AuthError('revoked', 400) });
    const session = new Session(issuer);
    await session.handleUnauthorized();
    expect(session.signedIn).toBe(false);
    expect(calls).toEqual(['signOut local']);
  });

  test('keeps the session if a refresh succeeds or the server can’t be reached', async () => {
    for (const refresh of [signedIn, new AuthError('Failed to fetch', 0)]) {
      const { issuer, calls } = issuerThat({ refresh });
      const session = new Session(issuer);
      await session.handleUnauthorized();
      expect(session.signedIn).toBe(true);
      expect(calls).toEqual([]);
    }
  });
});
