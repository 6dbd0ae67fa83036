import type { InstanceConfig } from '@appflux/protocol';
import type { AuthError, Session as AuthSession, SupabaseClient, User } from '@supabase/supabase-js';
import { z } from 'zod';
import { authorizeInvited } from './admission.ts';
import type { AuthCallback } from './auth-callback.ts';
import { type Problem, problem, problemOf } from './problem.ts';

/** The part of supabase-js's auth client that the dashboard needs. */
export type AuthClient = Pick<
  SupabaseClient['auth'],
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
>;

/** Who signs people in: the edge itself or a Supabase project. */
export interface Issuer {
  kind: InstanceConfig['auth']['issuer'];
  auth: AuthClient;
}

/** The outcome of processing an answer in the URL. */
export type CallbackResult =
  | { kind: 'signed_in' }
  /** The code belongs to a sign-in that was started in another browser. The email is confirmed nonetheless. */
  | { kind: 'elsewhere' }
  | { kind: 'half_confirmed' }
  | { kind: 'failed'; problem: Problem };

/** Error codes of an exchange that can only succeed in the browser that started it. */
const OTHER_BROWSER_CODES = ['pkce_code_verifier_not_found', 'bad_code_verifier'];

/** What f025d9c stored in the profiles of users of a Supabase project. */
const LegacyMetadata = z.looseObject({ invitation: z.string().min(1) });

/** The signed-in user. supabase-js keeps the session between visits, refreshes it, and shares it among tabs. */
export class Session {
  /** Resolves when the issuer is known. */
  readonly issuer: Promise<Issuer>;
  #current = $state.raw<AuthSession | null>(null);
  /** Can be newer than the user in the session. */
  #user = $state.raw<User | null>(null);
  /** Changes with the user, not with each token refresh. */
  #userId = $derived(this.#user?.id ?? null);
  #kind = $state<Issuer['kind'] | null>(null);
  #ready = $state(false);
  readonly #initialized = Promise.withResolvers<void>();

  constructor(issuer: Issuer | Promise<Issuer>) {
    this.issuer = Promise.resolve(issuer);
    if ('then' in issuer) void issuer.then((resolved) => this.#listen(resolved));
    else this.#listen(issuer);
  }

  /** Follows sign-ins, sign-outs and refreshes, in other tabs too. */
  #listen({ auth, kind }: Issuer): void {
    this.#kind = kind;
    auth.onAuthStateChange((_event, session) => this.#setSession(session));
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
    if (this.#kind !== 'supabase') return null;
    return LegacyMetadata.safeParse(this.#user?.user_metadata).data?.invitation ?? null;
  }

  /** A valid access token, refreshed if necessary; null when signed out. */
  async token(): Promise<string | null> {
    // Before the issuer is known, there is no session.
    if (!this.#ready) return null;
    const { data } = await (await this.#auth()).getSession();
    return data.session?.access_token ?? null;
  }

  /** Completes what an email link or a provider started. Afterwards, it is known whether a user is signed in. */
  async handleCallback(answer: AuthCallback): Promise<CallbackResult> {
    const auth = await this.#auth();
    await this.#initialized.promise;
    switch (answer.kind) {
      case 'half_confirmed':
        return { kind: 'half_confirmed' };
      case 'error':
        return { kind: 'failed', problem: problem(answer.code, answer.description) };
      case 'code': {
        const { data, error } = await auth.exchangeCodeForSession(answer.code);
        if (error && OTHER_BROWSER_CODES.includes(error.code ?? '')) return { kind: 'elsewhere' };
        return this.#result(data.session, error);
      }
      case 'token': {
        const { data, error } = await auth.verifyOtp({ token_hash: answer.tokenHash, type: answer.type });
        // The first of two links that change an email has neither a session nor an error.
        if (!error && data.session === null && answer.type === 'email_change')
          return { kind: 'half_confirmed' };
        return this.#result(data.session, error);
      }
    }
  }

  #result(session: AuthSession | null, error: AuthError | null): CallbackResult {
    if (error) return { kind: 'failed', problem: problemOf(error) };
    if (session === null) return { kind: 'failed', problem: problem('otp_expired') };
    this.#setSession(session);
    return { kind: 'signed_in' };
  }

  /** Signs in. Returns the problem, or null on success. */
  async signIn(email: string, password: string): Promise<Problem | null> {
    const { data, error } = await (await this.#auth()).signInWithPassword({ email, password });
    if (error) return problemOf(error);
    this.#setSession(data.session);
    return null;
  }

  /**
   * Creates an account. `confirm` means that the email must be confirmed first; the link in it leads to `redirectTo`.
   * Only the embedded issuer receives the invitation: a Supabase project would include it in every access token.
   */
  async signUp(
    email: string,
    password: string,
    { redirectTo, invitation }: { redirectTo: string; invitation: string | null },
  ): Promise<'signed_in' | 'confirm' | Problem> {
    const { auth, kind } = await this.issuer;
    const data = kind === 'embedded' && invitation !== null ? { invitation } : {};
    const options = { data, emailRedirectTo: redirectTo };
    const answer = await auth.signUp({ email, password, options });
    if (answer.error) return problemOf(answer.error);
    if (answer.data.session === null) return 'confirm';
    this.#setSession(answer.data.session);
    return 'signed_in';
  }

  /** Sends the confirmation link of a new account again. Returns the problem, or null on success. */
  async resend(email: string, redirectTo: string): Promise<Problem | null> {
    const options = { emailRedirectTo: redirectTo };
    const { error } = await (await this.#auth()).resend({ type: 'signup', email, options });
    return error ? problemOf(error) : null;
  }

  /**
   * Starts a sign-in with GitHub that returns to `redirectTo`. Returns GitHub's URL. Only the embedded issuer receives
   * the invitation: a Supabase project would pass it on to GitHub.
   */
  async githubUrl(
    redirectTo: string,
    invitation: string | null,
  ): Promise<{ url: string } | { problem: Problem }> {
    const { auth, kind } = await this.issuer;
    const options = { redirectTo, skipBrowserRedirect: true };
    const { data, error } = await auth.signInWithOAuth({ provider: 'github', options });
    if (error) return { problem: problemOf(error) };
    return kind === 'embedded' && invitation !== null
      ? authorizeInvited((input, init) => fetch(input, init), data.url, invitation)
      : { url: data.url };
  }

  /** Requests a password reset link. Returns the problem, or null on success. */
  async requestPasswordReset(email: string, redirectTo: string): Promise<Problem | null> {
    const { error } = await (await this.#auth()).resetPasswordForEmail(email, { redirectTo });
    return error ? problemOf(error) : null;
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
    await (await this.#auth()).signOut({ scope });
    this.#setSession(null);
  }

  /** Handles a rejected token: ends the session unless a refresh succeeds or the server can't be reached. */
  async handleUnauthorized(): Promise<void> {
    if (this.#current === null) return;
    const { data, error } = await (await this.#auth()).refreshSession();
    if (error && problemOf(error).code === 'unreachable') return;
    if (data.session === null) await this.signOut();
  }

  async #auth(): Promise<AuthClient> {
    return (await this.issuer).auth;
  }

  #setSession(session: AuthSession | null): void {
    this.#current = session;
    this.#user = session?.user ?? null;
    this.#ready = true;
    this.#initialized.resolve();
  }
}
