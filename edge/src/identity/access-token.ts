/** Access tokens of people: JWTs in the shape of Supabase Auth's, signed by the embedded issuer or by a Supabase project. */
import { AppFluxError, UserId } from '@appflux/protocol';
import { createLocalJWKSet, errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Env } from '../env.ts';
import type { Metadata, UserRecord } from '../metadata/metadata.ts';
import { setting } from '../settings.ts';
import { SIGNING_ALGORITHM, signingKeys } from './signing-keys.ts';
import { KeysUnavailable, supabaseIssuer, type TrustedIssuer } from './supabase.ts';

/** How long an access token is good, in seconds. */
export const ACCESS_TOKEN_SECONDS = 3600;

const AUDIENCE = 'authenticated';

/** What is believed of a token once its signature is checked. Never `user_metadata`: users write that themselves. */
const Claims = z.object({
  sub: UserId,
  // Supabase has people without one: who signed in by telephone.
  email: z.string().default(''),
  session_id: z.uuid(),
  amr: z.array(z.object({ method: z.string() })).catch([]),
});

/** How somebody signed in, in the words of Supabase Auth's `amr` claim. */
export type SignInMethod = 'password' | 'otp' | 'recovery' | 'oauth';

/** Who a good access token speaks for. */
export interface AccessClaims {
  userId: string;
  email: string;
  sessionId: string;
  /** How they signed in, as far as this token says: one that was refreshed does not. */
  methods: string[];
}

/** The address that the embedded issuer signs with and answers at. */
export const issuerUrl = (env: Env) => `${setting(env, 'PUBLIC_URL')}/auth/v1`;

/**
 * Signs an access token for a user's session, good from `now` (milliseconds) for ACCESS_TOKEN_SECONDS. The first
 * token of a session says by what `method` it began.
 */
export async function signAccessToken(
  env: Env,
  metadata: Metadata,
  user: UserRecord,
  sessionId: string,
  now: number,
  method: SignInMethod | null,
): Promise<string> {
  const { keyId, privateKey } = await signingKeys(env, metadata);
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT({
    email: user.email,
    phone: '',
    role: 'authenticated',
    aal: 'aal1',
    ...(method === null ? {} : { amr: [{ method, timestamp: issuedAt }] }),
    session_id: sessionId,
    is_anonymous: false,
  })
    .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: keyId, typ: 'JWT' })
    .setIssuer(issuerUrl(env))
    .setAudience(AUDIENCE)
    .setSubject(user.id)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ACCESS_TOKEN_SECONDS)
    .sign(privateKey);
}

/** Whether a token has the form of a JWT: three parts, the first a JSON object in base64url. */
export const looksLikeJwt = (token: string) => /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(token);

/**
 * Checks signature, algorithm, issuer, audience and time of an access token. `unauthorized` when one is wrong;
 * whether the session was ended since, `isSessionAlive` says.
 */
export async function verifyAccessToken(token: string, env: Env, metadata: Metadata): Promise<AccessClaims> {
  const trusted = await trustedIssuer(env, metadata);
  try {
    const { payload } = await jwtVerify(token, trusted.keys, {
      algorithms: [...trusted.algorithms],
      issuer: trusted.issuer,
      audience: AUDIENCE,
      requiredClaims: ['exp'],
    });
    const claims = Claims.parse(payload);
    return {
      userId: claims.sub,
      email: claims.email,
      sessionId: claims.session_id,
      methods: claims.amr.map(({ method }) => method),
    };
  } catch (cause) {
    if (isOutage(cause)) {
      throw new AppFluxError('unavailable', 'The keys of the Supabase project can’t be fetched', {
        hint: 'Try again in a few seconds.',
        retryAfterSeconds: 5,
        cause,
      });
    }
    if (!(cause instanceof errors.JOSEError || cause instanceof z.ZodError)) throw cause;
    const expired = cause instanceof errors.JWTExpired;
    throw new AppFluxError(
      'unauthorized',
      expired ? 'The access token has expired' : 'Invalid access token',
      {
        hint: 'Sign in again.',
        cause,
      },
    );
  }
}

/** That the keys could not be fetched, which says nothing of the token. */
const isOutage = (error: unknown): boolean =>
  error instanceof KeysUnavailable ||
  error instanceof errors.JWKSTimeout ||
  error instanceof errors.JWKSInvalid;

/**
 * Whether the session that a verified token belongs to was not ended since. The issuer is the one who knows: of a
 * Supabase project's, only the token's own end is known here, an hour at most.
 */
export const isSessionAlive = (
  env: Env,
  metadata: Metadata,
  { sessionId }: AccessClaims,
): Promise<boolean> =>
  env.SUPABASE_URL ? Promise.resolve(true) : metadata.sessions.isAlive(sessionId, new Date().toISOString());

/** Whose signatures are believed, by which keys. */
async function trustedIssuer(env: Env, metadata: Metadata): Promise<TrustedIssuer> {
  if (env.SUPABASE_URL) return supabaseIssuer(env, env.SUPABASE_URL);
  const { publicJwk } = await signingKeys(env, metadata);
  return {
    issuer: issuerUrl(env),
    algorithms: [SIGNING_ALGORITHM],
    keys: createLocalJWKSet({ keys: [publicJwk] }),
  };
}
