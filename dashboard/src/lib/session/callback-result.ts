/** What following a link from an email, or returning from a provider, leads to. */
import type { AuthError, Session as AuthSession } from '@supabase/auth-js';
import type { AuthCallback } from './auth-callback.ts';
import { type Problem, problem, problemOf } from './problem.ts';
import type { AuthClient } from './session.svelte.ts';

/** The outcome of processing an answer in the URL. */
export type CallbackResult =
  | { kind: 'signed_in' }
  /** The code belongs to a sign-in that was started in another browser. The email is confirmed nonetheless. */
  | { kind: 'elsewhere' }
  | { kind: 'half_confirmed' }
  | { kind: 'failed'; problem: Problem };

/** Error codes of an exchange that can only succeed in the browser that started it. */
const OTHER_BROWSER_CODES = ['pkce_code_verifier_not_found', 'bad_code_verifier'];

/** Completes what an email link or a provider started. Returns the outcome, and the session if there is a new one. */
export async function completeCallback(
  auth: AuthClient,
  answer: AuthCallback,
): Promise<{ result: CallbackResult; session?: AuthSession }> {
  switch (answer.kind) {
    case 'half_confirmed':
      return { result: { kind: 'half_confirmed' } };
    case 'error':
      return { result: { kind: 'failed', problem: problem(answer.code, answer.description) } };
    case 'code': {
      const { data, error } = await auth.exchangeCodeForSession(answer.code);
      if (error && OTHER_BROWSER_CODES.includes(error.code ?? '')) return { result: { kind: 'elsewhere' } };
      return resultOf(data.session, error);
    }
    case 'token': {
      const { data, error } = await auth.verifyOtp({ token_hash: answer.tokenHash, type: answer.type });
      // The first of two links that change an email has neither a session nor an error.
      if (!error && data.session === null && answer.type === 'email_change')
        return { result: { kind: 'half_confirmed' } };
      return resultOf(data.session, error);
    }
  }
}

function resultOf(
  session: AuthSession | null,
  error: AuthError | null,
): { result: CallbackResult; session?: AuthSession } {
  if (error) return { result: { kind: 'failed', problem: problemOf(error) } };
  if (session === null) return { result: { kind: 'failed', problem: problem('otp_expired') } };
  return { result: { kind: 'signed_in' }, session };
}
