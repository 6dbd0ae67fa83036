import { AppFluxError, type InstanceConfig } from '@appflux/protocol';
import type { Session as AuthSession, GoTrueClient, User } from '@supabase/auth-js';
import type { AuthCallback } from './auth-callback.ts';
import type { CallbackResult } from './callback-result.ts';
import type { Problem } from './problem.ts';
import { SESSION_KEY } from './storage-key.ts';
import { isFresh, readStoredSession } from './stored-session.ts';
import { isUnreachable, UNREACHABLE } from './unreachable.ts';

/** The part of Supabase's auth client that the dashboard needs. */
export type AuthClient = Pick<
  GoTrueClient,
  | 'getSession'
  | 'getUser'
  | 'onAuthStateChange'
  | 'verifyOtp'
  | 'signOut'
  | 'refreshSession'
  | 'signInWithPassword'
  | 'signInWithOAuth'
  | 'signUp'
  | 'resend'
  | 'reauthenticate'
  | 'exchangeCodeForSession'
  | 'resetPasswordForEmail'
  | 'updateUser'
  | 'linkIdentity'
  | 'getUserIdentities'
  | 'unlinkIdentity'
  | 'dispose'
>;

/** Who signs people in: the edge itself or a Supabase project. */
export interface Issuer {
  kind: InstanceConfig['auth']['issuer'];
  auth: AuthClient;
}

/** What a session uses of its environment. */
export interface SessionSources {
  /** Connects to the issuer. It is called when the issuer's client, which is large, is first needed. */
  connect(): Promise<Issuer>;
  /** Who signs people in; null until it is known. */
  kind(): Issuer['kind'] | null;
  /** Where the client stores the session. */
  storage: Pick<Storage, 'getItem' | 'removeItem'>;
  /** Calls back when another tab may have changed the stored session. */
  onStored?(changed: () => void): void;
  /** Milliseconds since the epoch. */
  now?(): number;
}

type Flows = typeof import('./sign-in.ts');

/**
 * The signed-in user. The issuer's client keeps the session between visits, refreshes it, and shares it among tabs. While
 * the stored access token is fresh, the session is read without the client.
 */
export class Session {
  readonly #sources: SessionSources;
  #issuer: Promise<Issuer> | null = null;
  #current = $state.raw<AuthSession | null>(null);
  /** Can be newer than the user in the session. */
  #user = $state.raw<User | null>(null);
  /** Changes with the user, not with each token refresh. */
  #userId = $derived(this.#user?.id ?? null);
  #ready = $state(false);
  readonly #initialized = Promise.withResolvers<void>();

  constructor(sources: SessionSources) {
    this.#sources = sources;
    sources.onStored?.(() => this.#followStored());
    void this.start();
  }

  /**
   * Finds out whether a user is signed in. A stored session that is no longer fresh is refreshed; if the issuer can't be
   * reached, `ready` stays false, and this can be called again.
   */
  async start(): Promise<void> {
    if (this.#ready) return;
    this.#followStored();
    if (this.#ready) return;
    try {
      const { auth } = await this.issuer();
      const { data, error } = await auth.getSession();
      if (error && isUnreachable(error)) await this.#disconnect(auth);
      else this.#setSession(data.session);
    } catch {
      // The client can't be loaded: the same as an issuer that can't be reached.
    }
  }

  /** The issuer, with its client. Throws an AppFluxError if the client can't be loaded. */
  issuer(): Promise<Issuer> {
    this.#issuer ??= this.#connect();
    return this.#issuer;
  }

  async #connect(): Promise<Issuer> {
    try {
      const issuer = await this.#sources.connect();
      // Follows sign-ins, sign-outs and refreshes, in other tabs too.
      issuer.auth.onAuthStateChange((event, session) => {
        // At the start, no session can also mean that it couldn't be refreshed: `start` finds out.
        if (event !== 'INITIAL_SESSION' || session !== null) this.#setSession(session);
      });
      return issuer;
    } catch (cause) {
      this.#issuer = null;
      throw new AppFluxError('unavailable', UNREACHABLE, { cause });
    }
  }

  /** The client remembers for a minute that a refresh failed. Another one asks again. */
  async #disconnect(auth: AuthClient): Promise<void> {
    this.#issuer = null;
    await auth.dispose();
  }

  /** Uses the stored session if it is fresh, or none if none is stored. Otherwise, the client decides. */
  #followStored(): void {
    const stored = this.#stored();
    if (stored === null || isFresh(stored, this.#now())) this.#setSession(stored);
  }

  #stored(): AuthSession | null {
    return readStoredSession(this.#sources.storage.getItem(SESSION_KEY));
  }

  #now(): number {
    return this.#sources.now?.() ?? Date.now();
  }

  /** False until it is known whether a user is signed in. */
  get ready(): boolean {
    return this.#ready;
  }

  get signedIn(): boolean {
    return this.#current !== null;
  }

  get email(): string | null {
    return this.#user?.email ?? null;
  }

  /** The email that replaces the current one once it is confirmed; null when no change is pending. */
  get pendingEmail(): string | null {
    return this.#user?.new_email || null;
  }

  /** The user's id; null when signed out. */
  get userId(): string | null {
    return this.#userId;
  }

  /** Whether changes are known to need the current password. Only the embedded issuer reports this. */
  get hasPassword(): boolean {
    return this.#user?.app_metadata.password === true;
  }

  /** The providers that the user can sign in with: `email`, `github`. */
  get providers(): readonly string[] {
    return (this.#user?.identities ?? []).map(({ provider }) => provider);
  }

  /** An invitation that f025d9c stored in the user's Supabase profile, and so in every access token; usually null. */
  get legacyInvitation(): string | null {
    if (this.#sources.kind() !== 'supabase') return null;
    const { invitation } = this.#user?.user_metadata ?? {};
    return typeof invitation === 'string' && invitation !== '' ? invitation : null;
  }

  /** A valid access token, refreshed if necessary; null when signed out. Throws an AppFluxError if it can't be refreshed. */
  async token(): Promise<string | null> {
    // Before it is known whether there is a session, there is none.
    if (!this.#ready) return null;
    const stored = this.#stored();
    if (stored === null) return null;
    if (isFresh(stored, this.#now())) return stored.access_token;
    const { data } = await (await this.#auth()).getSession();
    return data.session?.access_token ?? null;
  }

  /** Completes what an email link or a provider started. Afterwards, it is known whether a user is signed in. */
  handleCallback(answer: AuthCallback): Promise<CallbackResult> {
    return this.#flow<CallbackResult>(
      async (flows, { auth }) => {
        await this.#initialized.promise;
        const { result, session } = await flows.completeCallback(auth, answer);
        if (session) this.#setSession(session);
        return result;
      },
      (problem) => ({ kind: 'failed', problem }),
    );
  }

  /** Signs in. Returns the problem, or null on success. */
  signIn(email: string, password: string): Promise<Problem | null> {
    return this.#flow<Problem | null>(async (flows, { auth }) => {
      const answer = await flows.signIn(auth, email, password);
      if ('problem' in answer) return answer.problem;
      this.#setSession(answer.session);
      return null;
    });
  }

  /**
   * Creates an account. `confirm` means that the email must be confirmed first; the link in it leads to `redirectTo`.
   * Only the embedded issuer receives the invitation.
   */
  signUp(
    email: string,
    password: string,
    options: Parameters<Flows['signUp']>[3],
  ): Promise<'signed_in' | 'confirm' | Problem> {
    return this.#flow<'signed_in' | 'confirm' | Problem>(async (flows, issuer) => {
      const answer = await flows.signUp(issuer, email, password, options);
      if (answer === 'confirm') return answer;
      if ('problem' in answer) return answer.problem;
      this.#setSession(answer.session);
      return 'signed_in';
    });
  }

  /** Sends the confirmation link of a new account again. Returns the problem, or null on success. */
  resend(email: string, redirectTo: string): Promise<Problem | null> {
    return this.#flow<Problem | null>((flows, { auth }) => flows.resend(auth, email, redirectTo));
  }

  /**
   * Starts a sign-in with GitHub that returns to `redirectTo`. Returns GitHub's URL. Only the embedded issuer receives
   * the invitation.
   */
  githubUrl(redirectTo: string, invitation: string | null): ReturnType<Flows['githubUrl']> {
    return this.#flow<Awaited<ReturnType<Flows['githubUrl']>>>(
      (flows, issuer) => flows.githubUrl(issuer, redirectTo, invitation),
      (problem) => ({ problem }),
    );
  }

  /** Requests a password reset link. Returns the problem, or null on success. */
  requestPasswordReset(email: string, redirectTo: string): Promise<Problem | null> {
    return this.#flow<Problem | null>((flows, { auth }) =>
      flows.requestPasswordReset(auth, email, redirectTo),
    );
  }

  /** Refreshes the token and the user. */
  async refresh(): Promise<void> {
    const { data, error } = await (await this.#auth()).refreshSession();
    if (!error) this.#setSession(data.session);
  }

  /** Reloads the user, with identities and a pending email change. */
  async refreshUser(): Promise<void> {
    const { data, error } = await (await this.#auth()).getUser();
    if (!error && data.user.id === this.userId) this.#user = data.user;
  }

  /** Removes the invitation that f025d9c stored in the user's profile. */
  async removeLegacyInvitation(): Promise<void> {
    const { error } = await (await this.#auth()).updateUser({ data: { invitation: null } });
    if (!error) await this.refresh();
  }

  /** Ends the session in this browser, and on the server if it can be reached. */
  async signOut(scope: 'local' | 'global' = 'local'): Promise<void> {
    try {
      await (await this.#auth()).signOut({ scope });
    } catch (error) {
      // Ending all sessions needs the server.
      if (scope === 'global') throw error;
      this.#sources.storage.removeItem(SESSION_KEY);
    }
    this.#setSession(null);
  }

  /** Handles a rejected token: ends the session unless a refresh succeeds or the server can't be reached. */
  async handleUnauthorized(): Promise<void> {
    if (this.#current === null) return;
    try {
      const { data, error } = await (await this.#auth()).refreshSession();
      if (error && isUnreachable(error)) return;
      if (data.session === null) await this.signOut();
    } catch {
      // The client can't be loaded: nothing is known about the session.
    }
  }

  async #auth(): Promise<AuthClient> {
    return (await this.issuer()).auth;
  }

  /** Runs a call of signing in. Without the code for it, which is loaded now, that is a problem, too. */
  async #flow<Result>(
    run: (flows: Flows, issuer: Issuer) => Promise<Result>,
    failed: (problem: Problem) => Result = (problem) => problem as Result,
  ): Promise<Result> {
    let loaded: [Flows, Issuer];
    try {
      loaded = await Promise.all([import('./sign-in.ts'), this.issuer()]);
    } catch {
      return failed({ code: 'unreachable', text: UNREACHABLE });
    }
    return run(...loaded);
  }

  #setSession(session: AuthSession | null): void {
    this.#current = session;
    this.#user = session?.user ?? null;
    this.#ready = true;
    this.#initialized.resolve();
  }
}
