/** Secrets that are shown once and kept as a hash. */
import { base64url } from 'jose';
import { TOKEN_PREFIX } from '../token-prefix.ts';

/** 32 random bytes in base64url (RFC 4648 §5): 43 characters that are safe in headers and URLs. */
export const randomToken = (): string => base64url.encode(crypto.getRandomValues(new Uint8Array(32)));

/** A new token of a kind: its prefix and 256 random bits. */
export const makeToken = (kind: keyof typeof TOKEN_PREFIX): string => TOKEN_PREFIX[kind] + randomToken();

/**
 * A signing token in the form of Standard Webhooks, which GitLab takes as a webhook's signing token and as its secret
 * token alike: `whsec_` and the Base64 of 256 random bits.
 */
export const makeSigningToken = (): string =>
  `whsec_${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')}`;

/**
 * The form in which a token is kept: its SHA-256 in hex. A plain hash is enough, and can be looked up, because
 * a token has 256 random bits and cannot be guessed from its hash.
 */
export const hashToken = (token: string): Promise<string> => sha256Hex(new TextEncoder().encode(token));

/** The SHA-256 of bytes, in lower-case hex. */
export async function sha256Hex(bytes: BufferSource): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
}
