/** Signing in and up. Pages load this module, and the issuer's client, when somebody does. */
import type { Session as AuthSession } from '@supabase/auth-js';
import { authorizeInvited } from './admission.ts';
import { type Problem, problemOf } from './problem.ts';
import type { AuthClient, Issuer } from './session.svelte.ts';

export { completeCallback } from './callback-result.ts';

/** A new session, or why there is none. */
export type SignedIn = { session: AuthSession } | { problem: Problem };

/** Signs in with a password. */
export async function signIn(auth: AuthClient, email: string, password: string): Promise<SignedIn> {
  const { data, error } = await auth.signInWithPassword({ email, password });
  return error ? { problem: problemOf(error) } : { session: data.session };
}

/**
 * Creates an account. `confirm` means that the email must be confirmed first; the link in it leads to `redirectTo`.
 * Only the embedded issuer receives the invitation: a Supabase project would include it in every access token.
 */
export async function signUp(
  { auth, kind }: Issuer,
  email: string,
  password: string,
  { redirectTo, invitation }: { redirectTo: string; invitation: string | null },
): Promise<SignedIn | 'confirm'> {
  const data = kind === 'embedded' && invitation !== null ? { invitation } : {};
  const options = { data, emailRedirectTo: redirectTo };
  const answer = await auth.signUp({ email, password, options });
  if (answer.error) return { problem: problemOf(answer.error) };
  return answer.data.session === null ? 'confirm' : { session: answer.data.session };
}

/** Sends the confirmation link of a new account again. Returns the problem, or null on success. */
export async function resend(auth: AuthClient, email: string, redirectTo: string): Promise<Problem | null> {
  const options = { emailRedirectTo: redirectTo };
  const { error } = await auth.resend({ type: 'signup', email, options });
  return error ? problemOf(error) : null;
}

/**
 * Starts a sign-in with GitHub that returns to `redirectTo`. Returns GitHub's URL. Only the embedded issuer receives
 * the invitation: a Supabase project would pass it on to GitHub.
 */
export async function githubUrl(
  { auth, kind }: Issuer,
  redirectTo: string,
  invitation: string | null,
): Promise<{ url: string } | { problem: Problem }> {
  const options = { redirectTo, skipBrowserRedirect: true };
  const { data, error } = await auth.signInWithOAuth({ provider: 'github', options });
  if (error) return { problem: problemOf(error) };
  return kind === 'embedded' && invitation !== null
    ? authorizeInvited((input, init) => fetch(input, init), data.url, invitation)
    : { url: data.url };
}

/** Requests a password reset link. Returns the problem, or null on success. */
export async function requestPasswordReset(
  auth: AuthClient,
  email: string,
  redirectTo: string,
): Promise<Problem | null> {
  const { error } = await auth.resetPasswordForEmail(email, { redirectTo });
  return error ? problemOf(error) : null;
}
