/**
 * Signing in on a device without a browser (RFC 8628). Three kinds of tokens are about it, and all of them expire together:
 * `device_code` is the program's secret; `device_user_code` the code that a person approves; `device_decision` what they
 * decided, found by the hash of the program's secret. The API token is made when the program fetches it, so that it is
 * stored nowhere as it is.
 */
import {
  AppFluxError,
  type DevicePending,
  type DeviceRequest,
  printable,
  Scope,
  USER_CODE_LETTERS,
} from '@appflux/protocol';
import { z } from 'zod';
import type { Env } from '../env.ts';
import type { Metadata, TokenRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { hashToken } from '../secrets/tokens.ts';
import { type Counted, throttleOf } from '../throttle/index.ts';
import type { Rule } from '../throttle/rule.ts';
import type { Caller } from './caller.ts';
import { issueToken } from './one-time-token.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** How long a person has to approve a code, in milliseconds. */
export const DEVICE_CODE_MS = 15 * MINUTE_MS;

/** How often a program may ask, in seconds (RFC 8628 §3.2). */
export const POLL_SECONDS = 5;

/** The owner of what belongs to nobody yet. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Codes that are requested from one address. */
const REQUESTS: Rule = { free: 20, firstWaitMs: 10 * SECOND_MS, longestWaitMs: 5 * MINUTE_MS };
/** Codes that are requested where addresses aren't known: everyone shares the counter, so the waits stay short. */
const REQUESTS_OF_ALL: Rule = { free: 200, firstWaitMs: SECOND_MS, longestWaitMs: 5 * SECOND_MS };
/** Codes that a person enters: with 34 bits and ten tries, then a hundred a day, nobody finds another's. */
const GUESSES: Rule = { free: 10, firstWaitMs: 30 * SECOND_MS, longestWaitMs: 15 * MINUTE_MS };
/** A program that asks again before the interval has passed; a second of tolerance for clocks and networks. */
const POLLS: Rule = {
  free: 1,
  firstWaitMs: (POLL_SECONDS - 1) * SECOND_MS,
  longestWaitMs: (POLL_SECONDS - 1) * SECOND_MS,
};

/** What the name of a token about a device holds, as JSON. */
const Facts = z.object({ client: z.string(), address: z.string().nullable(), deviceHash: z.string() });
/** The same of a decision that approves. */
const Approval = z.object({ client: z.string(), email: z.string(), days: z.number() });

/** A new code, without the bias of a remainder: 240 of a byte's 256 values are used. */
function makeUserCode(): string {
  const letters: string[] = [];
  while (letters.length < 8) {
    for (const byte of crypto.getRandomValues(new Uint8Array(16))) {
      if (byte < 240) letters.push(USER_CODE_LETTERS.charAt(byte % 20));
    }
  }
  return `${letters.slice(0, 4).join('')}-${letters.slice(4, 8).join('')}`;
}

/** Codes for a program that names itself `client`. @throws AppFluxError `too_many_requests` */
export async function requestDevice(
  env: Env,
  metadata: Metadata,
  client: string,
  address: string | null,
): Promise<{ deviceCode: string; userCode: string }> {
  await count(env, address ?? 'device requests', {
    what: 'device request',
    whom: [address ?? 'not known'],
    rule: address === null ? REQUESTS_OF_ALL : REQUESTS,
  });
  const expiresAt = new Date(Date.now() + DEVICE_CODE_MS).toISOString();
  const { token, record } = await issueToken(metadata, 'device', {
    ownerId: NOBODY,
    kind: 'device_code',
    name: printable(client, 60),
    expiresAt,
  });
  const facts = { client: record.name, address, deviceHash: record.hash };
  for (;;) {
    const userCode = makeUserCode();
    const hash = await hashToken(userCode);
    const id = newObjectId();
    await insert(metadata, { id, kind: 'device_user_code', name: JSON.stringify(facts), hash, expiresAt });
    // A code that is in use already was left as it is.
    const stored = await metadata.tokens.byHash('device_user_code', hash, new Date().toISOString());
    if (stored?.id === id) return { deviceCode: token, userCode };
  }
}

/**
 * What a code asks for. A wrong code counts as a guess of `personId`.
 * @throws AppFluxError `not_found`, `too_many_requests`
 */
export async function findDevice(
  env: Env,
  metadata: Metadata,
  userCode: string,
  personId: string,
): Promise<DeviceRequest> {
  const { record, facts } = await findUserCode(env, metadata, userCode, personId);
  const { client, address } = facts;
  return { userCode, client, address, createdAt: record.createdAt, expiresAt: record.expiresAt ?? '' };
}

/** The name of a device's API token. */
export const deviceTokenName = (client: string): string => `CLI on ${client}`;

/**
 * Approves a code: its program gets an API token of the caller's team with the caller's permissions. Gives what the token
 * will be.
 * @throws AppFluxError `not_found`, `too_many_requests`
 */
export async function approveDevice(
  env: Env,
  metadata: Metadata,
  caller: Caller,
  { userCode, expiresInDays }: { userCode: string; expiresInDays: number },
) {
  const { facts } = await findUserCode(env, metadata, userCode, caller.userId ?? '');
  // What only people may do, such as seeing other members, is no scope of a token.
  const scopes = Scope.options.filter((scope) => caller.scopes.has(scope));
  const approval = { client: facts.client, email: caller.name, days: expiresInDays };
  await decide(metadata, userCode, facts.deviceHash, {
    ownerId: caller.ownerId,
    createdBy: caller.userId,
    scopes,
    name: JSON.stringify(approval),
  });
  return {
    name: deviceTokenName(facts.client),
    scopes,
    expiresAt: new Date(Date.now() + expiresInDays * DAY_MS).toISOString(),
  };
}

/** Denies a code. Gives the name of its program. @throws AppFluxError `not_found`, `too_many_requests` */
export async function denyDevice(
  env: Env,
  metadata: Metadata,
  userCode: string,
  personId: string,
): Promise<string> {
  const { facts } = await findUserCode(env, metadata, userCode, personId);
  await decide(metadata, userCode, facts.deviceHash, {});
  return facts.client;
}

/** The API token of an approved device, or why there is none. */
export type Redeemed =
  | { kind: 'pending'; error: DevicePending }
  | { kind: 'token'; token: string; record: TokenRecord; approvedBy: { id: string; email: string } };

/** What a program that asks with its secret gets. The token is there once. */
export async function redeemDevice(env: Env, metadata: Metadata, deviceCode: string): Promise<Redeemed> {
  const deviceHash = await hashToken(deviceCode);
  const now = new Date().toISOString();
  // Unknown codes are found out first: they must not make counters without end.
  if ((await metadata.tokens.byHash('device_code', deviceHash, now)) === null) {
    return { kind: 'pending', error: 'expired_token' };
  }
  const polls = await throttleOf(env, deviceHash, [{ what: 'device poll', whom: [deviceHash], rule: POLLS }]);
  if ((await polls.count()) > 0) return { kind: 'pending', error: 'slow_down' };
  const decision = await metadata.tokens.take('device_decision', await decisionHash(deviceHash), now);
  if (decision === null) return { kind: 'pending', error: 'authorization_pending' };
  await metadata.tokens.take('device_code', deviceHash, now);
  if (decision.createdBy === null) return { kind: 'pending', error: 'access_denied' };
  const { client, email, days } = Approval.parse(JSON.parse(decision.name));
  const { token, record } = await issueToken(metadata, 'api', {
    ownerId: decision.ownerId,
    kind: 'api',
    name: deviceTokenName(client),
    scopes: decision.scopes,
    createdBy: decision.createdBy,
    expiresAt: new Date(Date.now() + days * DAY_MS).toISOString(),
  });
  return { kind: 'token', token, record, approvedBy: { id: decision.createdBy, email } };
}

const decisionHash = (deviceHash: string): Promise<string> => hashToken(`decision about ${deviceHash}`);

/** Stores what was decided. The first decision counts. @throws AppFluxError `not_found` if there was another */
async function decide(
  metadata: Metadata,
  userCode: string,
  deviceHash: string,
  decision: Partial<Pick<TokenRecord, 'ownerId' | 'createdBy' | 'scopes' | 'name'>>,
): Promise<void> {
  const now = Date.now();
  // Taken first: of two decisions at the same moment, one finds the code.
  const taken = await metadata.tokens.take(
    'device_user_code',
    await hashToken(userCode),
    new Date(now).toISOString(),
  );
  if (taken === null) throw noCode();
  await insert(metadata, {
    ...decision,
    kind: 'device_decision',
    hash: await decisionHash(deviceHash),
    expiresAt: new Date(now + DEVICE_CODE_MS).toISOString(),
  });
}

/** Finds a code that somebody entered. Only wrong ones count. */
async function findUserCode(env: Env, metadata: Metadata, userCode: string, personId: string) {
  // A right code is forgotten and taken back: if it reset the guesses, a code of their own would give a person new ones.
  const guesses = await count(
    env,
    personId,
    { what: 'this device code', whom: [personId, userCode], rule: GUESSES },
    { what: 'device codes', whom: [personId], rule: GUESSES },
  );
  const now = new Date().toISOString();
  const record = await metadata.tokens.byHash('device_user_code', await hashToken(userCode), now);
  if (record === null) throw noCode();
  await guesses.wasRight();
  return { record, facts: Facts.parse(JSON.parse(record.name)) };
}

async function count(env: Env, subject: string, ...counted: [Counted, ...Counted[]]) {
  const throttle = await throttleOf(env, subject, counted);
  const waitMs = await throttle.count();
  if (waitMs === 0) return throttle;
  const retryAfterSeconds = Math.ceil(waitMs / SECOND_MS);
  throw new AppFluxError('too_many_requests', 'Too many attempts', {
    hint: `Try again in ${retryAfterSeconds} seconds.`,
    retryAfterSeconds,
  });
}

async function insert(
  metadata: Metadata,
  members: Pick<TokenRecord, 'kind' | 'hash' | 'expiresAt'> & Partial<TokenRecord>,
): Promise<void> {
  const now = Date.now();
  await metadata.tokens.insert({
    id: newObjectId(now),
    ownerId: NOBODY,
    name: '',
    scopes: [],
    role: null,
    appId: null,
    createdBy: null,
    lastUsedAt: null,
    createdAt: new Date(now).toISOString(),
    ...members,
  });
}

const noCode = () =>
  new AppFluxError('not_found', 'Invalid code: unknown, used or expired', {
    hint: 'Compare it with the one in your terminal, or run "appflux login" again.',
  });
