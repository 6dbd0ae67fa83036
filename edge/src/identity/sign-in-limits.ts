/** How often signing in and its like may be tried. */
import type { Env } from '../env.ts';
import { countTryOf, forgetTries } from '../throttle/index.ts';
import type { Limit } from '../throttle/limit.ts';
import { AuthRefusal } from './auth-refusal.ts';

const MINUTE = 60_000;

/** Passwords for one e-mail address, right ones not counted. */
const BY_EMAIL: Limit = { most: 10, windowMs: 15 * MINUTE };

/** Tries from one network address, over all e-mail addresses. */
const BY_ADDRESS: Limit = { most: 100, windowMs: 15 * MINUTE };

/** Recovery links for one e-mail address: each ends the one before. */
const RECOVERY: Limit = { most: 5, windowMs: 60 * MINUTE };

/** Counts a try of a password. Throws AuthRefusal `over_request_rate_limit` when there were too many. */
export async function limitPasswords(env: Env, email: string, address: string): Promise<void> {
  await limit(env, 'address', address, BY_ADDRESS);
  await limit(env, 'password', email, BY_EMAIL);
}

/** The right password was given: the tries before it are forgotten. */
export const passwordWasRight = (env: Env, email: string): Promise<void> =>
  forgetTries(env, { what: 'password', whom: email });

/** Counts a new account from one network address. */
export const limitSignUps = (env: Env, address: string): Promise<void> =>
  limit(env, 'address', address, BY_ADDRESS);

/** Counts a recovery that was asked for. */
export async function limitRecoveries(env: Env, email: string, address: string): Promise<void> {
  await limit(env, 'address', address, BY_ADDRESS);
  await limit(env, 'recovery', email, RECOVERY);
}

async function limit(env: Env, what: string, whom: string, allowed: Limit): Promise<void> {
  const retryAfterMs = await countTryOf(env, { what, whom }, allowed);
  if (retryAfterMs === 0) return;
  const seconds = Math.ceil(retryAfterMs / 1000);
  throw new AuthRefusal(429, 'over_request_rate_limit', `Too many tries: wait ${inWords(seconds)}`, seconds);
}

const inWords = (seconds: number) =>
  seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
