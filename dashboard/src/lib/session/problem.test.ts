import { expect, test } from 'vitest';
import { problemOf } from './problem.ts';

const error = (over: object) => ({
  name: 'AuthApiError',
  message: 'raw',
  status: 400,
  code: undefined,
  ...over,
});

test.each([
  [{ code: 'invalid_credentials' }, 'invalid_credentials', 'Wrong email or password.'],
  [{ name: 'AuthRetryableFetchError', status: 0 }, 'unreachable', /didn’t respond/],
  [{ status: 503 }, 'unreachable', /didn’t respond/],
  [{ name: 'AuthSessionMissingError' }, 'session_not_found', /Sign in again/],
  // supabase-js raises this one itself, so it has no status.
  [{ code: 'pkce_code_verifier_not_found', status: undefined }, 'pkce_code_verifier_not_found', 'raw.'],
  [
    { code: 'weak_password', message: 'Password should be at least 6 characters.' },
    'weak_password',
    /6 characters\.$/,
  ],
  [
    { code: 'new_in_the_next_version', message: 'Something new' },
    'new_in_the_next_version',
    'Something new.',
  ],
  [{}, 'unknown', 'raw.'],
  [
    {
      code: 'over_email_send_rate_limit',
      message: 'For security purposes, you can only request this after 42 seconds.',
    },
    'over_email_send_rate_limit',
    'Too many emails were requested. Wait 43 seconds, then try again.',
  ],
  [
    { code: 'over_email_send_rate_limit', message: 'email rate limit exceeded' },
    'over_email_send_rate_limit',
    'Too many emails were requested. Wait a while, then try again.',
  ],
])('%o', (over, code, text) => {
  const found = problemOf(error(over));
  expect(found.code).toBe(code);
  if (text instanceof RegExp) expect(found.text).toMatch(text);
  else expect(found.text).toBe(text);
});
