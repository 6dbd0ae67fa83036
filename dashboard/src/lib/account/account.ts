/** What signed-in users change in their account. */

import { type Problem, problemOf } from '#lib/session/problem.ts';
import type { Issuer, Session } from '#lib/session/session.svelte.ts';

/** A new password, with what the issuer may require besides. */
export interface NewPassword {
  password: string;
  /** The current password. */
  current?: string | undefined;
  /** The code that `sendCode` sent. */
  code?: string | undefined;
}

export class Account {
  readonly #session: Pick<Session, 'issuer' | 'refresh' | 'refreshUser'>;

  constructor(session: Pick<Session, 'issuer' | 'refresh' | 'refreshUser'>) {
    this.#session = session;
  }

  async #auth(): Promise<Issuer['auth']> {
    return (await this.#session.issuer()).auth;
  }

  /**
   * Changes the email. A Supabase project changes nothing before the new email is confirmed by a link, which leads to
   * `redirectTo`: then this returns `confirm`.
   */
  async changeEmail(
    email: string,
    current: string | undefined,
    redirectTo: string,
  ): Promise<'changed' | 'confirm' | Problem> {
    const attributes = { email, ...(current !== undefined && { current_password: current }) };
    const { data, error } = await (await this.#auth()).updateUser(attributes, {
      emailRedirectTo: redirectTo,
    });
    if (error) return problemOf(error);
    await this.#session.refresh();
    await this.#session.refreshUser();
    return data.user.email?.toLowerCase() === email.toLowerCase() ? 'changed' : 'confirm';
  }

  /**
   * Sets a password. The codes `current_password_required` and `reauthentication_needed` ask for the current password
   * or for a code from an email. Returns what went wrong, or null.
   */
  async setPassword({ password, current, code }: NewPassword): Promise<Problem | null> {
    const { error } = await (await this.#auth()).updateUser({
      password,
      ...(current !== undefined && { current_password: current }),
      ...(code !== undefined && { nonce: code }),
    });
    if (error) return problemOf(error);
    await this.#session.refresh();
    return null;
  }

  /** Sends a code that allows setting a password. Returns what went wrong, or null. */
  async sendCode(): Promise<Problem | null> {
    const { error } = await (await this.#auth()).reauthenticate();
    return error ? problemOf(error) : null;
  }

  /** Starts linking a GitHub account, which comes back to `redirectTo`. Returns GitHub's URL. */
  async githubUrl(redirectTo: string): Promise<{ url: string } | { problem: Problem }> {
    const options = { redirectTo, skipBrowserRedirect: true };
    const { data, error } = await (await this.#auth()).linkIdentity({ provider: 'github', options });
    return error ? { problem: problemOf(error) } : { url: data.url ?? '' };
  }

  /** Unlinks the GitHub account. Returns what went wrong, or null. */
  async unlinkGithub(): Promise<Problem | null> {
    const auth = await this.#auth();
    const { data, error } = await auth.getUserIdentities();
    if (error) return problemOf(error);
    const github = data.identities.find(({ provider }) => provider === 'github');
    const unlinked = github === undefined ? null : await auth.unlinkIdentity(github);
    if (unlinked?.error) return problemOf(unlinked.error);
    await this.#session.refresh();
    await this.#session.refreshUser();
    return null;
  }
}
