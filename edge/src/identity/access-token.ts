/** Access tokens of people: JWTs in the shape of Supabase Auth's, signed by the embedded issuer. */
import { AppFluxError, UserId } from '@appflux/protocol';
import { createLocalJWKSet, errors, type JWTVerifyGetKey, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { type Env, setting } from '../env.ts';
import type { Metadata, UserRecord } from '../metadata/metadata.ts';
import { SIGNING_ALGORITHM, signingKeys } from './signing-keys.ts';

/** How long an access token is good, in seconds. */
export const ACCESS_TOKEN_SECONDS = 3600;

const AUDIENCE = 'authenticated';

/** What is believed of a token once its signature is checked. Never `user_metadata`: users write that themselves. */
const Claims = z.object({ sub: UserId, email: z.string(), session_id: z.uuid() });

/** Who a good access token speaks for. */
export interface AccessClaims {
  userId: string;
  email: string;
  sessionId: string;
}

/** The address that the embedded issuer signs with and answers at. */
export const issuerUrl = (env: Env) => `${setting(env, 'PUBLIC_URL')}/auth/v1`;

/** Signs an access token for a user's session, good from `now` (milliseconds) for ACCESS_TOKEN_SECONDS. */
export async function signAccessToken(
  env: Env,
  metadata: Metadata,
  user: UserRecord,
  sessionId: string,
  now: number,
): Promise<string> {
  const { keyId, privateKey } = await signingKeys(env, metadata);
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT({
    email: user.email,
    phone: '',
    role: 'authenticated',
    aal: 'aal1',
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
      algorithms: [SIGNING_ALGORITHM],
      issuer: trusted.issuer,
      audience: AUDIENCE,
      requiredClaims: ['exp'],
    });
    const claims = Claims.parse(payload);
    return { userId: claims.sub, email: claims.email, sessionId: claims.session_id };
  } catch (cause) {
    if (!(cause instanceof errors.JOSEError || cause instanceof z.ZodError)) throw cause;
    const expired = cause instanceof errors.JWTExpired;
    throw new AppFluxError(
      'unauthorized',
      expired ? 'The access token has run out' : 'The access token is not good',
      {
        hint: 'Sign in again.',
        cause,
      },
    );
  }
}

/** Whether the session that a verified token belongs to was not ended since. The issuer is the one who knows. */
export const isSessionAlive = (metadata: Metadata, { sessionId }: AccessClaims): Promise<boolean> =>
  metadata.sessions.isAlive(sessionId, new Date().toISOString());

/** Whose signatures are believed, by which keys. Another issuer than the embedded one is chosen here. */
async function trustedIssuer(
  env: Env,
  metadata: Metadata,
): Promise<{ issuer: string; keys: JWTVerifyGetKey }> {
  const { publicJwk } = await signingKeys(env, metadata);
  return { issuer: issuerUrl(env), keys: createLocalJWKSet({ keys: [publicJwk] }) };
}
