import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Answer } from './fake-call.ts';
import type { World } from './world.ts';

const OWNER = {
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

/** The valid password. */
export const VALID_PASSWORD = 'correct horse battery';

/** Handles a call of the sign-in API. The code of the valid link is `good`. */
export function authAnswerTo(method: string, path: string, body: unknown, world: World): Answer {
  const user = userOf(world);
  if (path.endsWith('/recover')) return [200, {}];
  if (method === 'DELETE' && path.includes('/user/identities/')) {
    world.github = false;
    return [200, {}];
  }
  if (method === 'DELETE' && path.endsWith('/user')) return deletion(body, world);
  const { password } = Password.safeParse(body).data ?? {};
  if (path.endsWith('/token') && password !== undefined && password !== VALID_PASSWORD) {
    return [
      400,
      {
        code: 400,
        error_code: 'invalid_credentials',
        msg: 'Wrong email or password',
      },
    ];
  }
  if (path.endsWith('/logout')) return [204];
  if (path.endsWith('/user')) return [200, user];
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
    user,
  };
  return [200, session];
}

/** The user, with their identities. */
function userOf({ github }: World) {
  const email = { identity_id: OWNER.id, id: OWNER.id, user_id: OWNER.id, provider: 'email' };
  if (!github) return { ...OWNER, identities: [email] };
  const identity = { identity_id: 'github-4711', id: '4711', user_id: OWNER.id, provider: 'github' };
  return {
    ...OWNER,
    app_metadata: { ...OWNER.app_metadata, providers: ['email', 'github'] },
    identities: [email, identity],
  };
}

const Deletion = z.looseObject({ current_password: z.string().optional() });

/** Refuses a wrong password, and owners who still have a team. */
function deletion(body: unknown, world: World): Answer {
  if (Deletion.parse(body).current_password !== VALID_PASSWORD) {
    return [400, { code: 400, error_code: 'invalid_credentials', msg: 'Wrong current password' }];
  }
  if (world.team !== 'deleted') {
    return [422, { code: 422, error_code: 'last_owner', msg: 'You are the last owner of a team' }];
  }
  world.sessionEnded = true;
  return [204];
}
