import { AuthError, type Session as AuthSession } from '@supabase/supabase-js';
import { describe, expect, test } from 'vitest';
import { type AuthClient, Session } from './session.svelte.ts';

const signedIn = { access_token: 'good', user: { email: 'owner@example.com' } } as AuthSession;

/** An auth client that answers as told and remembers what was asked. */
function authClient(answers: { refresh?: AuthSession | AuthError; verify?: AuthSession | AuthError }) {
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
  return { calls, auth: auth as unknown as AuthClient };
}

describe('a sign-in link', () => {
  test('signs its holder in', async () => {
    const session = new Session(authClient({ verify: signedIn }).auth);
    expect(session.signedIn).toBe(false);
    expect(await session.redeem('code')).toBe(null);
    expect(session.email).toBe('owner@example.com');
  });

  test('that was used is told from a server that cannot be reached', async () => {
    const used = new AuthError('Token has expired or is invalid', 403, 'otp_expired');
    const offline = new AuthError('Failed to fetch', 0);
    expect(await new Session(authClient({ verify: used }).auth).redeem('code')).toBe('used');
    expect(await new Session(authClient({ verify: offline }).auth).redeem('code')).toBe('unreachable');
  });
});

describe('a token that the server refuses', () => {
  test('ends the session in this browser when it cannot be refreshed', async () => {
    const { auth, calls } = authClient({ refresh: new AuthError('revoked', 400) });
    const session = new Session(auth);
    await session.refused();
    expect(session.signedIn).toBe(false);
    expect(calls).toEqual(['signOut local']);
  });

  test('does not when a refresh brings a good one, or when the server is away', async () => {
    for (const refresh of [signedIn, new AuthError('Failed to fetch', 0)]) {
      const { auth, calls } = authClient({ refresh });
      const session = new Session(auth);
      await session.refused();
      expect(session.signedIn).toBe(true);
      expect(calls).toEqual([]);
    }
  });
});
