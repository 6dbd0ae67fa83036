/** Tokens of a Supabase project that only publishes a key set, for tests. */
import { importJWK, SignJWT } from 'jose';
import { inject } from 'vitest';

const { supabase } = inject('issuers');

/** What a token says or is signed with, in place of the valid values. */
export interface Change {
  alg?: 'ES256' | 'RS256';
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  key?: CryptoKey | Uint8Array;
}

/** A token of the project, valid except for what `change` replaces. */
export async function tokenOf(
  sub: string,
  { alg = 'ES256', claims, header, key }: Change = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({
    iss: `${supabase.url}/auth/v1`,
    aud: 'authenticated',
    sub,
    email: 'ada@example.com',
    role: 'authenticated',
    session_id: crypto.randomUUID(),
    amr: [{ method: 'password', timestamp: now }],
    iat: now,
    exp: now + 60,
    ...claims,
  })
    .setProtectedHeader({ alg, kid: `key-${alg}`, typ: 'JWT', ...header })
    .sign(key ?? ((await importJWK(supabase.keys[alg], alg)) as CryptoKey));
}
