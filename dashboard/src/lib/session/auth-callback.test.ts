import { expect, test } from 'vitest';
import { type AuthCallback, isFromEmail, readAuthCallback } from './auth-callback.ts';

const CASES: [string, AuthCallback | null][] = [
  ['/sign-in', null],
  ['/sign-in?next=/runners&from=email', null],
  ['/invite#token=afi_secret', null],
  ['/sign-in?code=abc', { kind: 'code', code: 'abc' }],
  ['/sign-in?code=', null],
  ['/sign-in#token_hash=abc123', { kind: 'token', tokenHash: 'abc123', type: 'magiclink' }],
  ['/sign-in#type=recovery&token_hash=abc', { kind: 'token', tokenHash: 'abc', type: 'recovery' }],
  [
    '/invite?from=email#token_hash=pkce_a&type=signup',
    { kind: 'token', tokenHash: 'pkce_a', type: 'signup' },
  ],
  ['/sign-in?token_hash=abc&type=email', { kind: 'token', tokenHash: 'abc', type: 'email' }],
  ['/sign-in#token_hash=abc&type=nonsense', { kind: 'token', tokenHash: 'abc', type: 'magiclink' }],
  ['/sign-in#token_hash=', null],
  [
    '/sign-in?error=access_denied&error_code=otp_expired&error_description=Email+link+is+invalid#error=access_denied&error_code=otp_expired&error_description=Email+link+is+invalid&sb=',
    { kind: 'error', code: 'otp_expired', description: 'Email link is invalid' },
  ],
  [
    '/sign-in#error=access_denied&error_code=otp_expired&error_description=Email+link+is+invalid&sb=',
    { kind: 'error', code: 'otp_expired', description: 'Email link is invalid' },
  ],
  [
    '/sign-in?error=access_denied&error_description=The+user+has+denied',
    { kind: 'error', code: 'access_denied', description: 'The user has denied' },
  ],
  [
    '/sign-in?error_code=bad_oauth_state',
    { kind: 'error', code: 'bad_oauth_state', description: 'bad_oauth_state' },
  ],
  // An error takes precedence over a code, which is useless then.
  ['/sign-in?code=abc&error_code=bad', { kind: 'error', code: 'bad', description: 'bad' }],
  [
    '/sign-in?message=Confirmation+link+accepted#message=Confirmation+link+accepted&sb=',
    { kind: 'half_confirmed' },
  ],
];

test.each(CASES)('%s', (address, answer) => {
  expect(readAuthCallback(new URL(address, 'https://apps.example.com'))).toEqual(answer);
});

test('a token without a type has the default of its page', () => {
  const url = new URL('https://apps.example.com/reset-password#token_hash=abc');
  expect(readAuthCallback(url, 'recovery')).toMatchObject({ type: 'recovery' });
});

test('redirect URLs of emails are recognized', () => {
  expect(isFromEmail(new URL('https://apps.example.com/invite?from=email&code=a'))).toBe(true);
  expect(isFromEmail(new URL('https://apps.example.com/invite?code=a'))).toBe(false);
});
