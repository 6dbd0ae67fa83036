import type { AuthError } from '@supabase/auth-js';

/** Whether an error of the issuer's client means that there was no response. The client reports it with status 0. */
export const isUnreachable = ({ status, name }: Pick<AuthError, 'status' | 'name'>): boolean =>
  name === 'AuthRetryableFetchError' || (status !== undefined && (status === 0 || status >= 500));

/** The text for people. */
export const UNREACHABLE = 'The sign-in service didn’t respond. Try again in a moment.';
