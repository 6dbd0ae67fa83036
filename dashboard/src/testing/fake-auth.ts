import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Answer } from './fake-routes.ts';
import type { World } from './world.ts';

const USER = {
  id: '3f0f3c52-7f25-4c1e-9a57-0d9f5a0f9a11',
  aud: 'authenticated',
  role: 'authenticated',
  email: 'owner@harbor.example',
  app_metadata: { providers: ['email'], password: true },
  user_metadata: {},
  created_at: '2026-10-01T08:00:00.000Z',
};

const Verify = z.looseObject({ token_hash: z.string() });
const Password = z.looseObject({ password: z.string() });

/** The password that signs in; any other is wrong. */
export const GOOD_PASSWORD = 'correct horse battery';

/** Answers a call of the sign-in surface. The link's code is `good`; any other was used already. */
export function authAnswerTo(path: string, body: unknown, world: World): Answer {
  if (path.endsWith('/recover')) return [200, {}];
  const { password } = Password.safeParse(body).data ?? {};
  if (path.endsWith('/token') && password !== undefined && password !== GOOD_PASSWORD) {
    return [
      400,
      {
        code: 400,
        error_code: 'invalid_credentials',
        msg: 'The e-mail address or the password is not right',
      },
    ];
  }
  if (path.endsWith('/logout')) return [204];
  if (path.endsWith('/user')) return [200, USER];
  if (path.endsWith('/token') && world.sessionEnded) {
    return [400, { code: 400, error_code: 'refresh_token_not_found', msg: 'Invalid Refresh Token' }];
  }
  if (path.endsWith('/verify') && Verify.parse(body).token_hash !== 'good') {
    return [403, { code: 403, error_code: 'otp_expired', msg: 'Email link is invalid or has expired' }];
  }
  const session = {
    access_token: randomBytes(12).toString('hex'),
    token_type: 'bearer',
    expires_in: 3600,
    expires_at: Math.floor(Date.now() / 1000) + 3600,
    refresh_token: randomBytes(12).toString('hex'),
    user: USER,
  };
  return [200, session];
}
