/** Finds out who is calling, from the token that a request carries. */
import { AppFluxError, Scope, TEAM_HEADER, TEAM_SUBPROTOCOL_PREFIX, UserId } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import type { Metadata, RunnerRecord } from '../metadata/metadata.ts';
import { hashToken } from '../secrets/tokens.ts';
import { chooseTeam, everybodyFounds, type Person, restoreOwnTeam, teamsOf } from '../teams/team.ts';
import { TOKEN_PREFIX } from '../token-prefix.ts';
import { isSessionAlive, looksLikeJwt, verifyAccessToken } from './access-token.ts';
import { type Caller, ROLE_PERMISSIONS } from './caller.ts';
import { bearerToken, hashOf, offered, tokenOf } from './request-token.ts';

/** When an API token was last used is written down at most this often, in milliseconds. */
const TOUCH_EVERY_MS = 60_000;

/** Whether it is time to write down again that a token was used; `lastUsedAt` as it was written last. */
export const isDue = (lastUsedAt: string | null, now: Date): boolean =>
  lastUsedAt === null || now.getTime() - Date.parse(lastUsedAt) >= TOUCH_EVERY_MS;

/**
 * Who is calling: the operator by the instance's secret, a user by an access token, or a program by an API token.
 * Throws AppFluxError `unauthorized` for anything else.
 */
export async function authenticate(request: Request, env: Env, metadata: Metadata): Promise<Caller> {
  const token = tokenOf(request);
  if (token === null) {
    throw new AppFluxError('unauthorized', 'This call needs a token', {
      hint: 'Send it in the header `Authorization: Bearer TOKEN`.',
    });
  }
  const asked = askedTeam(request);
  if (looksLikeJwt(token)) return user(token, asked, env, metadata);
  const hash = await hashOf(request, token);
  const caller = (await isOperatorSecret(hash, env))
    ? await operator(metadata)
    : await program(hash, metadata);
  if (asked !== null && asked !== caller.ownerId)
    throw new AppFluxError('not_found', `There is no team ${asked}`);
  return caller;
}

/** The runner that is calling, by its credential. Throws AppFluxError `unauthorized` when there is none. */
export async function authenticateRunner(request: Request, metadata: Metadata): Promise<RunnerRecord> {
  const credential = bearerToken(request);
  const runner =
    credential === null ? null : await metadata.runners.byCredentialHash(await hashOf(request, credential));
  if (runner === null) {
    throw new AppFluxError('unauthorized', 'Invalid runner credential: unknown, or the runner was removed', {
      hint: 'Register the runner again with `appflux-runner register`.',
    });
  }
  return runner;
}

/** Whether a request carries the operator's secret. It does so even before the instance has an owner. */
export async function bearsOperatorSecret(request: Request, env: Env): Promise<boolean> {
  const token = bearerToken(request);
  return token !== null && isOperatorSecret(await hashOf(request, token), env);
}

/** Whether a request carries a token that reads the metrics. Such a token is good for nothing else. */
export async function bearsMetricsToken(request: Request, metadata: Metadata): Promise<boolean> {
  const token = bearerToken(request);
  // Most calls carry other tokens, which need no look-up.
  if (!token?.startsWith(TOKEN_PREFIX.metrics)) return false;
  const now = new Date();
  const record = await metadata.tokens.byHash('metrics', await hashOf(request, token), now.toISOString());
  if (record === null) return false;
  if (isDue(record.lastUsedAt, now)) await noteUse(metadata, record.id, now);
  return true;
}

/** The hash of the operator's secret: every call with a token is compared with it. */
let operatorHash: { readonly secret: string; readonly hash: Buffer } | null = null;

/** Compares hashes, in constant time: neither the secret's text nor its length shows in how long it takes. */
async function isOperatorSecret(hash: string, { OPERATOR_SECRET: secret }: Env): Promise<boolean> {
  // An instance without the secret has no operator, whatever the hash of nothing may be compared with.
  if (!secret) return false;
  if (operatorHash?.secret !== secret) {
    operatorHash = { secret, hash: Buffer.from(await hashToken(secret), 'hex') };
  }
  return crypto.subtle.timingSafeEqual(Buffer.from(hash, 'hex'), operatorHash.hash);
}

async function operator(metadata: Metadata): Promise<Caller> {
  const owner = await metadata.users.owner();
  if (owner === null) {
    throw new AppFluxError('unauthorized', 'This instance has no owner yet', {
      hint: 'Call POST /api/ops/setup with the operator secret first.',
    });
  }
  return {
    kind: 'operator',
    id: null,
    userId: null,
    ownerId: owner.id,
    name: 'operator',
    role: null,
    scopes: new Set(Scope.options),
  };
}

/** The team that a request names, or null. */
function askedTeam(request: Request): string | null {
  const asked = request.headers.get(TEAM_HEADER) ?? offered(request, TEAM_SUBPROTOCOL_PREFIX);
  if (asked === null) return null;
  const parsed = UserId.safeParse(asked.toLowerCase());
  if (!parsed.success) throw new AppFluxError('not_found', 'Team not found');
  return parsed.data;
}

/**
 * The person who is calling, whatever teams they are in. Throws AppFluxError `unauthorized` for programs as well.
 */
export async function authenticatePerson(request: Request, env: Env, metadata: Metadata): Promise<Person> {
  const token = bearerToken(request);
  if (token === null || !looksLikeJwt(token)) {
    throw new AppFluxError('unauthorized', 'This call needs a signed-in user', {
      hint: 'Sign in first.',
    });
  }
  return (await signedIn(token, env, metadata)).person;
}

/** Whose live session it is, and the memberships that they have. */
async function signedIn(token: string, env: Env, metadata: Metadata) {
  const claims = await verifyAccessToken(token, env, metadata);
  const [alive, memberships] = await Promise.all([
    isSessionAlive(env, metadata, claims),
    metadata.members.ofUser(claims.userId),
  ]);
  if (!alive) {
    throw new AppFluxError('unauthorized', 'This session was ended', { hint: 'Sign in again.' });
  }
  return { person: { id: claims.userId, email: claims.email }, memberships };
}

async function user(token: string, asked: string | null, env: Env, metadata: Metadata): Promise<Caller> {
  const { person, memberships } = await signedIn(token, env, metadata);
  const teams = teamsOf(person, memberships, everybodyFounds(env));
  const wantsOwn = asked === null ? teams.length === 0 : asked === person.id;
  if (wantsOwn && !teams.some(({ teamId }) => teamId === person.id)) {
    const restored = await restoreOwnTeam(env, metadata, person);
    if (restored !== null) teams.unshift(restored);
  }
  const { teamId, role } = chooseTeam(teams, asked);
  return {
    kind: 'user',
    id: person.id,
    userId: person.id,
    ownerId: teamId,
    name: person.email,
    role,
    scopes: new Set(ROLE_PERMISSIONS[role]),
  };
}

async function program(hash: string, metadata: Metadata): Promise<Caller> {
  const now = new Date();
  const record = await metadata.tokens.byHash('api', hash, now.toISOString());
  if (record === null) {
    throw new AppFluxError('unauthorized', 'Invalid token: unknown, revoked or expired', {
      hint: 'Create one in the dashboard under Settings, API tokens.',
    });
  }
  if (isDue(record.lastUsedAt, now)) await noteUse(metadata, record.id, now);
  return {
    kind: 'token',
    id: record.id,
    userId: record.createdBy,
    ownerId: record.ownerId,
    name: record.name,
    role: null,
    scopes: new Set(record.scopes),
  };
}

/** Notes that a token was used. That can fail where reading does not, on a full disk: no reason to refuse the call. */
async function noteUse(metadata: Metadata, id: string, now: Date): Promise<void> {
  try {
    await metadata.tokens.touch(id, now.toISOString());
  } catch (error) {
    journal.error(`the use of token ${id} was not noted`, error);
  }
}
