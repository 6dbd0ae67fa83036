/** Errors of signing in, as messages for users. */
import type { AuthError } from '@supabase/auth-js';
import { isUnreachable, UNREACHABLE } from './unreachable.ts';

export interface Problem {
  /** A code of Supabase Auth, `unreachable` without a response, or `unknown`. */
  code: string;
  /** What is wrong and what to do. */
  text: string;
}

/** Messages for codes whose own message is terse or meant for developers. Other errors keep their message. */
const TEXTS: Readonly<Record<string, string>> = {
  unreachable: UNREACHABLE,
  invalid_credentials: 'Wrong email or password.',
  email_not_confirmed: 'Confirm your email first: open the link that we sent you.',
  user_already_exists: 'There is already an account with this email. Sign in instead.',
  email_exists: 'Another account uses this email.',
  email_address_not_authorized:
    'This instance’s Supabase project can’t send email to you. Ask its administrator to set up an SMTP server.',
  same_password: 'The new password must be different from the current one.',
  over_request_rate_limit: 'Too many attempts. Wait a few minutes, then try again.',
  otp_expired: 'This link has expired or was already used.',
  flow_state_not_found: 'This sign-in has expired. Start again.',
  flow_state_expired: 'This sign-in has expired. Start again.',
  bad_oauth_state: 'This sign-in has expired. Start again.',
  identity_already_exists: 'This GitHub account is linked to another user.',
  identity_not_found: 'This sign-in method is not linked any more.',
  single_identity_not_deletable: 'This is your only sign-in method, so it can’t be unlinked.',
  manual_linking_disabled:
    'Linking accounts is turned off in this instance’s Supabase project. Ask its administrator to allow manual linking.',
  provider_email_needs_verification:
    'GitHub hasn’t verified your email. Verify it there, or open the confirmation link if we sent you one, then try again.',
  current_password_required: 'Enter your current password.',
  current_password_invalid: 'Wrong current password.',
  reauthentication_not_valid: 'Wrong or expired code.',
  session_not_found: 'Your session has ended. Sign in again.',
  user_banned: 'This account is suspended. Ask an administrator.',
  insufficient_aal: 'This needs a second factor, which AppFlux doesn’t support.',
};

/** Converts an error of supabase-js. */
export function problemOf(error: Pick<AuthError, 'message' | 'status' | 'code' | 'name'>): Problem {
  if (isUnreachable(error)) return problem('unreachable');
  // supabase-js drops the code when the session has ended.
  if (error.name === 'AuthSessionMissingError') return problem('session_not_found');
  const code = error.code ?? 'unknown';
  return code === 'over_email_send_rate_limit' ? tooManyEmails(error.message) : problem(code, error.message);
}

/** A problem by its code. Uses the issuer's own message for codes without one here. */
export const problem = (code: string, message = 'Something went wrong. Try again.'): Problem => ({
  code,
  text: TEXTS[code] ?? sentence(message),
});

/** The server says how long to wait if one email is limited, and nothing if the whole project is. */
function tooManyEmails(message: string): Problem {
  const seconds = /after (\d+) second/.exec(message)?.[1];
  const wait = seconds === undefined ? 'Wait a while' : `Wait ${Number(seconds) + 1} seconds`;
  return {
    code: 'over_email_send_rate_limit',
    text: `Too many emails were requested. ${wait}, then try again.`,
  };
}

const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);
