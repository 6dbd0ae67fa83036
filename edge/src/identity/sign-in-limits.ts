/**
 * How often passwords, links and new accounts may be tried. Every counter is about one account, one device or one
 * address: none of them stops everybody. docs/security.md says what each is for.
 */
import type { Env } from '../env.ts';
import { type Counted, type Throttle, throttleOf } from '../throttle/index.ts';
import type { Rule } from '../throttle/rule.ts';
import { AuthRefusal } from './auth-refusal.ts';
import type { Device } from './device-cookie.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Passwords for an account by a device that has signed in to it before. */
const BY_DEVICE: Rule = { free: 10, firstWaitMs: 30 * SECOND, longestWaitMs: 15 * MINUTE };

/** Passwords for an account by unknown devices at one address. */
const BY_ADDRESS: Rule = { free: 10, firstWaitMs: 30 * SECOND, longestWaitMs: 15 * MINUTE };

/** Passwords for an account by all unknown devices together: however many addresses guess, about 150 a day. */
const BY_STRANGERS: Rule = { free: 30, firstWaitMs: 30 * SECOND, longestWaitMs: 10 * MINUTE };

/** The present password, which a signed-in person shows to change their account: by session. */
const BY_SESSION: Rule = { free: 10, firstWaitMs: 30 * SECOND, longestWaitMs: 15 * MINUTE };

/** Links for an account, asked for by one device or from one address. */
const LINKS: Rule = { free: 5, firstWaitMs: 5 * MINUTE, longestWaitMs: 60 * MINUTE };

/** Links for an account, asked for by all unknown devices together. */
const LINKS_BY_STRANGERS: Rule = { free: 10, firstWaitMs: 5 * MINUTE, longestWaitMs: 60 * MINUTE };

/** Accounts without an invitation, made from one address. */
const SIGN_UPS: Rule = { free: 20, firstWaitMs: MINUTE, longestWaitMs: 15 * MINUTE };

/** Who tries: their address, null when it is not known, and the device that is known for the account, if it is one. */
export interface Trier {
  address: string | null;
  device: Device | null;
}

/** A try that was counted. */
export type CountedTry = Pick<Throttle, 'wasRight'>;

/** Counts a try of a password for an email. Throws AuthRefusal `over_request_rate_limit` when it has to wait. */
export const countPassword = (env: Env, email: string, trier: Trier): Promise<CountedTry> =>
  count(env, email, countersOf('password', email, trier, [BY_DEVICE, BY_ADDRESS, BY_STRANGERS]));

/** Counts a link that is asked for. Throws AuthRefusal `over_request_rate_limit` when it has to wait. */
export const countLink = (env: Env, email: string, trier: Trier): Promise<CountedTry> =>
  count(env, email, countersOf('link', email, trier, [LINKS, LINKS, LINKS_BY_STRANGERS]));

/** Counts a try of the present password by somebody who is signed in. Nobody else can slow them down. */
export const countPresentPassword = (env: Env, sessionId: string): Promise<CountedTry> =>
  count(env, sessionId, [{ what: 'present password', whom: [sessionId], rule: BY_SESSION }]);

/** Counts an account that is made without an invitation. Where addresses are not known, nothing is counted. */
export async function countSignUp(env: Env, address: string | null): Promise<void> {
  if (address === null) return;
  await count(env, address, [{ what: 'sign-up', whom: [address], rule: SIGN_UPS }]);
}

/** A device that is known has a counter of its own; all others share one, and one for each address. */
function countersOf(
  what: string,
  email: string,
  { address, device }: Trier,
  [byDevice, byAddress, byStrangers]: [Rule, Rule, Rule],
): [Counted, ...Counted[]] {
  if (device !== null) return [{ what: `${what} by device`, whom: [email, device.nonce], rule: byDevice }];
  return [
    { what: `${what} by address`, whom: [email, address ?? 'not known'], rule: byAddress },
    { what: `${what} by strangers`, whom: [email], rule: byStrangers },
  ];
}

async function count(env: Env, subject: string, counted: [Counted, ...Counted[]]): Promise<Throttle> {
  const throttle = await throttleOf(env, subject, counted);
  const waitMs = await throttle.count();
  if (waitMs === 0) return throttle;
  const seconds = Math.ceil(waitMs / SECOND);
  throw new AuthRefusal(
    429,
    'over_request_rate_limit',
    `Too many attempts. Try again in ${inWords(seconds)}.`,
    seconds,
  );
}

const inWords = (seconds: number) =>
  seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
