/**
 * A Supabase project as the issuer: which signatures of it are believed.
 * Source: https://supabase.com/docs/guides/auth/jwts
 */
import {
  createRemoteJWKSet,
  customFetch,
  type FlattenedJWSInput,
  type JWTHeaderParameters,
  type JWTVerifyGetKey,
} from 'jose';
import type { Env } from '../env.ts';

/** Whose tokens are good, signed how, and by which keys. */
export interface TrustedIssuer {
  issuer: string;
  algorithms: readonly string[];
  keys: JWTVerifyGetKey;
}

/** The project's key set could not be fetched. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/** What a project signs with: a key pair of its own, published as a JWKS. */
const ALGORITHMS = ['ES256', 'RS256'];

/** How long a key set is asked for, in milliseconds. */
const FETCH_WITHIN_MS = 5_000;

/** The key sets of this isolate, by project: jose keeps and renews what it fetched. */
const keySets = new Map<string, JWTVerifyGetKey>();

/** Where a project's auth answers. */
export const supabaseAuthUrl = (projectUrl: string) => `${projectUrl.replace(/\/+$/, '')}/auth/v1`;

/**
 * The project at `projectUrl`. Its shared secret is believed only when the operator gave it, and then never by a key
 * of the set: each algorithm has one place that its key can come from.
 */
export function supabaseIssuer(env: Env, projectUrl: string): TrustedIssuer {
  const issuer = supabaseAuthUrl(projectUrl);
  const published = publishedKeys(issuer);
  const secret = env.SUPABASE_JWT_SECRET;
  if (!secret) return { issuer, algorithms: ALGORITHMS, keys: published };
  const shared = new TextEncoder().encode(secret);
  const keys = ((header: JWTHeaderParameters, token: FlattenedJWSInput) =>
    header.alg === 'HS256' ? shared : published(header, token)) as JWTVerifyGetKey;
  return { issuer, algorithms: [...ALGORITHMS, 'HS256'], keys };
}

function publishedKeys(issuer: string): JWTVerifyGetKey {
  const known = keySets.get(issuer);
  if (known !== undefined) return known;
  const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`), {
    timeoutDuration: FETCH_WITHIN_MS,
    [customFetch]: async (url, options) => {
      const response = await fetch(url, options).catch((cause: unknown) => {
        throw new KeysUnavailable(`${url} does not answer`, { cause });
      });
      if (!response.ok) throw new KeysUnavailable(`${url} answered ${response.status}`);
      return response;
    },
  });
  keySets.set(issuer, keys);
  return keys;
}
