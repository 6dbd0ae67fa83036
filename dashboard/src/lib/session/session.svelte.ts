import type { AuthError, Session as AuthSession, SupabaseClient } from '@supabase/supabase-js';

/** The part of supabase-js's auth client that a session needs. */
export type AuthClient = Pick<
  SupabaseClient['auth'],
  | 'getSession'
  | 'onAuthStateChange'
  | 'verifyOtp'
  | 'signOut'
  | 'refreshSession'
  | 'signInWithPassword'
  | 'signInWithOAuth'
  | 'signUp'
  | 'exchangeCodeForSession'
  | 'resetPasswordForEmail'
  | 'updateUser'
  | 'linkIdentity'
  | 'getUserIdentities'
  | 'unlinkIdentity'
>;

export type SignInFailure = 'used' | 'unreachable';

/** The person signed in. supabase-js keeps the session between visits, refreshes it, and shares it among tabs. */
export class Session {
  readonly #auth: Promise<AuthClient>;
  #current = $state.raw<AuthSession | null>(null);
  #ready = $state(false);

  /** The client comes once it is known who keeps the people. */
  constructor(auth: AuthClient | Promise<AuthClient>) {
    this.#auth = Promise.resolve(auth);
    if ('then' in auth) void auth.then((client) => this.#listen(client));
    else this.#listen(auth);
  }

  /** Hears of what was kept, and again at each sign-in, sign-out and refresh, in other tabs too. */
  #listen(auth: AuthClient): void {
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

  /** The person's id; null when nobody is signed in. */
  get userId(): string | null {
    return this.#current?.user.id ?? null;
  }

  /** Whether the person has set a password, as far as the issuer says. */
  get hasPassword(): boolean {
    return this.#current?.user.app_metadata.password === true;
  }

  get hasGithub(): boolean {
    return this.#current?.user.app_metadata.providers?.includes('github') ?? false;
  }

  /** An access token that is good now, refreshed if need be; null when nobody is signed in. */
  async token(): Promise<string | null> {
    // Nothing can be signed in before it is known where.
    if (!this.#ready) return null;
    const { data } = await (await this.#auth).getSession();
    return data.session?.access_token ?? null;
  }

  /** Redeems a one-time link. Answers why it did not work, or null when it did. */
  async redeem(
    tokenHash: string,
    type: 'magiclink' | 'recovery' = 'magiclink',
  ): Promise<SignInFailure | null> {
    const { data, error } = await (await this.#auth).verifyOtp({ token_hash: tokenHash, type });
    if (error) return isUnreachable(error) ? 'unreachable' : 'used';
    this.#take(data.session);
    return data.session === null ? 'used' : null;
  }

  /** Signs in. Answers why it did not work, in words for people, or null when it did. */
  async signIn(email: string, password: string): Promise<string | null> {
    const { data, error } = await (await this.#auth).signInWithPassword({ email, password });
    if (error) return wordsOf(error);
    this.#take(data.session);
    return null;
  }

  /**
   * Makes an account. Answers why it did not work, null when the person is signed in, and `confirm` when they have to
   * follow a link in their mail first.
   */
  async signUp(email: string, password: string, invitation: string | null): Promise<string | null> {
    const data = invitation === null ? {} : { invitation };
    const answer = await (await this.#auth).signUp({ email, password, options: { data } });
    if (answer.error) return wordsOf(answer.error);
    if (answer.data.session === null) return 'confirm';
    this.#take(answer.data.session);
    return null;
  }

  /** Leaves for GitHub, to come back to `redirectTo`. Answers why that did not work. */
  async leaveForGithub(redirectTo: string, invitation: string | null): Promise<string | null> {
    const { error } = await (await this.#auth).signInWithOAuth({
      provider: 'github',
      options: { redirectTo, ...(invitation === null ? {} : { queryParams: { invitation } }) },
    });
    return error ? wordsOf(error) : null;
  }

  /** Leaves for GitHub to link the account there to the one signed in. Answers why that did not work. */
  async linkGithub(redirectTo: string): Promise<string | null> {
    const { error } = await (await this.#auth).linkIdentity({ provider: 'github', options: { redirectTo } });
    return error ? wordsOf(error) : null;
  }

  /** Takes the GitHub account off the one signed in. Answers why that did not work. */
  async unlinkGithub(): Promise<string | null> {
    const auth = await this.#auth;
    const { data, error } = await auth.getUserIdentities();
    if (error) return wordsOf(error);
    const github = data.identities.find(({ provider }) => provider === 'github');
    if (github !== undefined) {
      const unlinked = await auth.unlinkIdentity(github);
      if (unlinked.error) return wordsOf(unlinked.error);
    }
    // The session that is kept still says what the account was before.
    const refreshed = await auth.refreshSession();
    this.#take(refreshed.data.session);
    return null;
  }

  /** Signs in with the code that somebody who was elsewhere comes back with. Answers why that did not work. */
  async comeBack(code: string): Promise<string | null> {
    const { data, error } = await (await this.#auth).exchangeCodeForSession(code);
    if (error) return wordsOf(error);
    this.#take(data.session);
    return null;
  }

  /** Asks for a link that sets a new password. Answers why that did not work. */
  async askToRecover(email: string, redirectTo: string): Promise<string | null> {
    const { error } = await (await this.#auth).resetPasswordForEmail(email, { redirectTo });
    return error ? wordsOf(error) : null;
  }

  /** Changes the account. Answers why that did not work. */
  async change(attributes: {
    email?: string;
    password?: string;
    current_password?: string;
  }): Promise<string | null> {
    const auth = await this.#auth;
    const { error } = await auth.updateUser(attributes);
    if (error) return wordsOf(error);
    // The session that is kept still says what the account was before.
    const { data } = await auth.refreshSession();
    this.#take(data.session);
    return null;
  }

  /** Ends the session, on the server as far as it can be reached, and in this browser in any case. */
  async signOut(scope: 'local' | 'global' = 'local'): Promise<void> {
    await (await this.#auth).signOut({ scope });
    this.#current = null;
  }

  /** The server has refused the token: forgets it, unless a refresh brings a good one. */
  async refused(): Promise<void> {
    if (this.#current === null) return;
    const { data, error } = await (await this.#auth).refreshSession();
    if (error && isUnreachable(error)) return;
    if (data.session === null) await this.signOut();
  }

  #take(session: AuthSession | null): void {
    this.#current = session;
    this.#ready = true;
  }
}

/** supabase-js reports a failed fetch as a retryable error of status 0. */
function isUnreachable(error: AuthError): boolean {
  return error.status === undefined || error.status === 0 || error.status >= 500;
}

const wordsOf = (error: AuthError): string =>
  isUnreachable(error) ? 'AppFlux did not answer. Try again in a moment.' : error.message;
