import type { InstanceConfig } from '@appflux/protocol';
import type { AuthError, Session as AuthSession, SupabaseClient, User } from '@supabase/supabase-js';
import { z } from 'zod';
import { admissionTo } from './admission.ts';
import type { AuthAnswer } from './auth-answer.ts';
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

/** How an answer in the URL turned out. */
export type Arrival =
  | { kind: 'signed_in' }
  /** The code belongs to a sign-in that was started in another browser. What the link confirmed is confirmed. */
  | { kind: 'elsewhere' }
  | { kind: 'half_confirmed' }
  | { kind: 'failed'; problem: Problem };

/** Codes of an exchange that can only succeed in the browser that started. */
const ELSEWHERE = ['pkce_code_verifier_not_found', 'bad_code_verifier'];

/** What f025d9c left in the profiles of users of a Supabase project. */
const Stray = z.looseObject({ invitation: z.string().min(1) });

/** The signed-in user. supabase-js keeps the session between visits, refreshes it, and shares it among tabs. */
export class Session {
  /** Resolves once it is known who signs people in. */
  readonly issuer: Promise<Issuer>;
  #current = $state.raw<AuthSession | null>(null);
  /** Newer than the user in the session once it was asked for. */
  #user = $state.raw<User | null>(null);
  /** Changes with the user, not with each refresh of theirs. */
  #userId = $derived(this.#user?.id ?? null);
  #kind = $state<Issuer['kind'] | null>(null);
  #ready = $state(false);
  readonly #known = Promise.withResolvers<void>();

  constructor(issuer: Issuer | Promise<Issuer>) {
    this.issuer = Promise.resolve(issuer);
    if ('then' in issuer) void issuer.then((known) => this.#listen(known));
    else this.#listen(issuer);
  }

  /** Follows sign-ins, sign-outs and refreshes, in other tabs too. */
  #listen({ auth, kind }: Issuer): void {
    this.#kind = kind;
    auth.onAuthStateChange((_event, session) => this.#take(session));
  }

  /** False until it is known whether somebody is signed in. */
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

  /** The user's id; null when nobody is signed in. */
  get userId(): string | null {
    return this.#userId;
  }

  /** Whether the issuer is known to want the current password for changes. Only the embedded issuer says so. */
  get hasPassword(): boolean {
    return this.#user?.app_metadata.password === true;
  }

  /** The providers that the user can sign in with: `email`, `github`. */
  get providers(): readonly string[] {
    return (this.#user?.identities ?? []).map(({ provider }) => provider);
  }

  /** An invitation that f025d9c stored in the user's Supabase profile, and so in every access token; usually null. */
  get strayInvitation(): string | null {
    if (this.#kind !== 'supabase') return null;
    return Stray.safeParse(this.#user?.user_metadata).data?.invitation ?? null;
  }

  /** A valid access token, refreshed if necessary; null when nobody is signed in. */
  async token(): Promise<string | null> {
    // Nothing can be signed in before it is known where.
    if (!this.#ready) return null;
    const { data } = await (await this.#auth()).getSession();
    return data.session?.access_token ?? null;
  }

  /** Finishes what an email link or a provider started. Afterwards it is known whether somebody is signed in. */
  async arrive(answer: AuthAnswer): Promise<Arrival> {
    const auth = await this.#auth();
    await this.#known.promise;
    switch (answer.kind) {
      case 'half_confirmed':
        return { kind: 'half_confirmed' };
      case 'error':
        return { kind: 'failed', problem: problem(answer.code, answer.description) };
      case 'code': {
        const { data, error } = await auth.exchangeCodeForSession(answer.code);
        if (error && ELSEWHERE.includes(error.code ?? '')) return { kind: 'elsewhere' };
        return this.#arrived(data.session, error);
      }
      case 'token': {
        const { data, error } = await auth.verifyOtp({ token_hash: answer.tokenHash, type: answer.type });
        // The first of two links that change an email has neither a session nor an error.
        if (!error && data.session === null && answer.type === 'email_change')
          return { kind: 'half_confirmed' };
        return this.#arrived(data.session, error);
      }
    }
  }

  #arrived(session: AuthSession | null, error: AuthError | null): Arrival {
    if (error) return { kind: 'failed', problem: problemOf(error) };
    if (session === null) return { kind: 'failed', problem: problem('otp_expired') };
    this.#take(session);
    return { kind: 'signed_in' };
  }

  /** Signs in. Returns what went wrong, or null. */
  async signIn(email: string, password: string): Promise<Problem | null> {
    const { data, error } = await (await this.#auth()).signInWithPassword({ email, password });
    if (error) return problemOf(error);
    this.#take(data.session);
    return null;
  }

  /**
   * Creates an account. `confirm` means that the email must be confirmed first; the link in it leads to `redirectTo`.
   * Only the embedded issuer is given the invitation: a Supabase project would keep it in every access token.
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
    this.#take(answer.data.session);
    return 'signed_in';
  }

  /** Sends the confirmation link of a new account again. Returns what went wrong, or null. */
  async resend(email: string, redirectTo: string): Promise<Problem | null> {
    const options = { emailRedirectTo: redirectTo };
    const { error } = await (await this.#auth()).resend({ type: 'signup', email, options });
    return error ? problemOf(error) : null;
  }

  /**
   * Starts a sign-in with GitHub that comes back to `redirectTo`. Returns GitHub's URL. Only the embedded issuer is given
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
      ? admissionTo((input, init) => fetch(input, init), data.url, invitation)
      : { url: data.url };
  }

  /** Asks for a link that sets a new password. Returns what went wrong, or null. */
  async askToRecover(email: string, redirectTo: string): Promise<Problem | null> {
    const { error } = await (await this.#auth()).resetPasswordForEmail(email, { redirectTo });
    return error ? problemOf(error) : null;
  }

  /** Gets a new token and the user as they are now. */
  async refresh(): Promise<void> {
    const { data, error } = await (await this.#auth()).refreshSession();
    if (!error) this.#take(data.session);
  }

  /** Gets the user as they are now: identities and a pending email change as well. */
  async refreshUser(): Promise<void> {
    const { data, error } = await (await this.#auth()).getUser();
    if (!error && data.user.id === this.userId) this.#user = data.user;
  }

  /** Removes the invitation that f025d9c stored in the user's profile. */
  async eraseStrayInvitation(): Promise<void> {
    const { error } = await (await this.#auth()).updateUser({ data: { invitation: null } });
    if (!error) await this.refresh();
  }

  /** Ends the session, on the server as far as it can be reached, and in this browser in any case. */
  async signOut(scope: 'local' | 'global' = 'local'): Promise<void> {
    await (await this.#auth()).signOut({ scope });
    this.#take(null);
  }

  /** The server rejected the token: ends the session unless a refresh succeeds or the server can't be reached. */
  async refused(): Promise<void> {
    if (this.#current === null) return;
    const { data, error } = await (await this.#auth()).refreshSession();
    if (error && problemOf(error).code === 'unreachable') return;
    if (data.session === null) await this.signOut();
  }

  async #auth(): Promise<AuthClient> {
    return (await this.issuer).auth;
  }

  #take(session: AuthSession | null): void {
    this.#current = session;
    this.#user = session?.user ?? null;
    this.#ready = true;
    this.#known.resolve();
  }
}
