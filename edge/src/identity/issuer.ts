/**
 * The embedded issuer: sessions of people who sign in without a Supabase project. A session is a chain of
 * refresh tokens, each used once; the access tokens that come with them are good for an hour.
 */
import { noteOfUser } from '../audit/note.ts';
import type { Env } from '../env.ts';
import type { Metadata, RefreshTokenRecord, TokenKind, UserRecord } from '../metadata/metadata.ts';
import { forgetLink } from '../outbox/index.ts';
import { hashToken, makeToken } from '../secrets/tokens.ts';
import { ACCESS_TOKEN_SECONDS, type SignInMethod, signAccessToken } from './access-token.ts';
import { AuthRefusal } from './auth-refusal.ts';
import { identitiesOf } from './identities.ts';

/** A session that is not refreshed for so long is over, in milliseconds. */
const REFRESH_TOKEN_MS = 30 * 24 * 3_600_000;

/**
 * A used refresh token may be used again for so long, in milliseconds: two tabs refresh at the same time, or an
 * answer is lost on its way. Later it is taken for stolen (RFC 9700 §4.14.2).
 */
export const REUSE_MS = 10_000;

/** A session as supabase-js takes it. */
export interface Session {
  access_token: string;
  token_type: 'bearer';
  expires_in: number;
  /** Seconds since 1970. */
  expires_at: number;
  refresh_token: string;
  user: ReturnType<typeof toAuthUser>;
}

/** The links that sign in, by the type that supabase-js gives to `verifyOtp`. */
const LINKS = {
  magiclink: { kind: 'sign_in', method: 'otp' },
  email: { kind: 'sign_in', method: 'otp' },
  recovery: { kind: 'recovery', method: 'recovery' },
} as const satisfies Record<string, { kind: TokenKind; method: SignInMethod }>;
export type LinkType = keyof typeof LINKS;

/** Signs in with the token of a one-time link. Throws AuthRefusal `otp_expired` when that is invalid. */
export async function signInWithLink(
  env: Env,
  metadata: Metadata,
  token: string,
  type: LinkType = 'magiclink',
): Promise<Session> {
  const { kind, method } = LINKS[type];
  const link = await metadata.tokens.take(kind, await hashToken(token), new Date().toISOString());
  const user = link && (await metadata.users.byId(link.ownerId));
  if (!user) throw new AuthRefusal(403, 'otp_expired', 'Invalid link: already used or expired');
  await forgetLink(env, link.id);
  return beginSession(env, metadata, user, method);
}

/** Begins a session of somebody who has shown who they are. */
export async function beginSession(
  env: Env,
  metadata: Metadata,
  user: UserRecord,
  method: SignInMethod,
): Promise<Session> {
  const now = Date.now();
  const sessionId = crypto.randomUUID();
  const { refreshToken, record } = await nextRefreshToken(user.id, sessionId, now);
  await metadata.sessions.insert(record);
  await noteOfUser(metadata, user, 'session.sign_in');
  return toSession(env, metadata, user, { sessionId, refreshToken, now, method });
}

/** What becomes of a refresh token that is shown at `now`. */
export function judgeRefresh(token: RefreshTokenRecord, now: number): 'good' | 'run_out' | 'stolen' {
  if (Date.parse(token.expiresAt) <= now) return 'run_out';
  return token.usedAt !== null && now - Date.parse(token.usedAt) > REUSE_MS ? 'stolen' : 'good';
}

/** Refreshes a session. Throws AuthRefusal when the token is invalid; a reused one ends its session. */
export async function refreshSession(env: Env, metadata: Metadata, token: string): Promise<Session> {
  const now = Date.now();
  const hash = await hashToken(token);
  const shown = await metadata.sessions.byHash(hash);
  const user = shown && (await metadata.users.byId(shown.userId));
  if (!shown || !user) throw unknownRefreshToken();

  const judgment = judgeRefresh(shown, now);
  if (judgment === 'run_out') {
    throw new AuthRefusal(400, 'session_expired', 'Your session has expired. Sign in again.');
  }
  if (judgment === 'stolen') {
    await metadata.sessions.endSession(shown.sessionId);
    await noteOfUser(metadata, user, 'session.reuse_detected');
    throw new AuthRefusal(400, 'refresh_token_already_used', 'The refresh token was already used');
  }
  // The next token first: should the second write fail, trying again with the old one still works.
  const { refreshToken, record } = await nextRefreshToken(user.id, shown.sessionId, now);
  if (!(await metadata.sessions.insertAfter(record, hash))) throw unknownRefreshToken();
  await metadata.sessions.use(hash, new Date(now).toISOString());
  return toSession(env, metadata, user, { sessionId: shown.sessionId, refreshToken, now, method: null });
}

/** A user as supabase-js takes it. */
export function toAuthUser(user: UserRecord) {
  const github = user.githubId !== null;
  return {
    id: user.id,
    aud: 'authenticated',
    role: 'authenticated',
    email: user.email,
    email_confirmed_at: user.createdAt,
    phone: '',
    app_metadata: {
      provider: github && user.passwordHash === null ? 'github' : 'email',
      providers: github ? ['email', 'github'] : ['email'],
      // Whether a password is set, so that the account page knows whether it must ask for the present one.
      password: user.passwordHash !== null,
    },
    user_metadata: {},
    identities: identitiesOf(user),
    is_anonymous: false,
    created_at: user.createdAt,
    updated_at: user.createdAt,
  };
}

const unknownRefreshToken = () =>
  new AuthRefusal(400, 'refresh_token_not_found', 'The refresh token is unknown, or its session was ended');

async function nextRefreshToken(userId: string, sessionId: string, now: number) {
  const refreshToken = makeToken('refresh');
  const record: RefreshTokenRecord = {
    hash: await hashToken(refreshToken),
    sessionId,
    userId,
    expiresAt: new Date(now + REFRESH_TOKEN_MS).toISOString(),
    usedAt: null,
  };
  return { refreshToken, record };
}

async function toSession(
  env: Env,
  metadata: Metadata,
  user: UserRecord,
  {
    sessionId,
    refreshToken,
    now,
    method,
  }: {
    sessionId: string;
    refreshToken: string;
    now: number;
    method: SignInMethod | null;
  },
): Promise<Session> {
  return {
    access_token: await signAccessToken(env, metadata, user, sessionId, now, method),
    token_type: 'bearer',
    expires_in: ACCESS_TOKEN_SECONDS,
    expires_at: Math.floor(now / 1000) + ACCESS_TOKEN_SECONDS,
    refresh_token: refreshToken,
    user: toAuthUser(user),
  };
}
