import type { AuthError, Session as AuthSession, SupabaseClient } from '@supabase/supabase-js';

/** The part of supabase-js's auth client that a session needs. */
export type AuthClient = Pick<
  SupabaseClient['auth'],
  'getSession' | 'onAuthStateChange' | 'verifyOtp' | 'signOut' | 'refreshSession'
>;

export type SignInFailure = 'used' | 'unreachable';

/** The person signed in. supabase-js keeps the session between visits, refreshes it, and shares it among tabs. */
export class Session {
  readonly #auth: AuthClient;
  #current = $state.raw<AuthSession | null>(null);
  #ready = $state(false);

  constructor(auth: AuthClient) {
    this.#auth = auth;
    // Fires with what was kept, and again at each sign-in, sign-out and refresh, in other tabs too.
    auth.onAuthStateChange((_event, session) => {
      this.#current = session;
      this.#ready = true;
    });
  }

  /** False until it is known whether somebody is signed in. */
  get ready(): boolean {
    return this.#ready;
  }

  get signedIn(): boolean {
    return this.#current !== null;
  }

  /** The person's e-mail address, when there is one. */
  get email(): string | null {
    return this.#current?.user.email ?? null;
  }

  /** An access token that is good now, refreshed if need be; null when nobody is signed in. */
  async token(): Promise<string | null> {
    const { data } = await this.#auth.getSession();
    return data.session?.access_token ?? null;
  }

  /** Redeems a one-time sign-in link. Answers why it did not work, or null when it did. */
  async redeem(tokenHash: string): Promise<SignInFailure | null> {
    const { data, error } = await this.#auth.verifyOtp({ token_hash: tokenHash, type: 'magiclink' });
    if (error) return isUnreachable(error) ? 'unreachable' : 'used';
    this.#current = data.session;
    this.#ready = true;
    return data.session === null ? 'used' : null;
  }

  /** Ends the session, on the server as far as it can be reached, and in this browser in any case. */
  async signOut(): Promise<void> {
    await this.#auth.signOut({ scope: 'local' });
    this.#current = null;
  }

  /** The server has refused the token: forgets it, unless a refresh brings a good one. */
  async refused(): Promise<void> {
    if (this.#current === null) return;
    const { data, error } = await this.#auth.refreshSession();
    if (error && isUnreachable(error)) return;
    if (data.session === null) await this.signOut();
  }
}

/** supabase-js reports a failed fetch as a retryable error of status 0. */
function isUnreachable(error: AuthError): boolean {
  return error.status === undefined || error.status === 0 || error.status >= 500;
}
