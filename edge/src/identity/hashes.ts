/**
 * How passwords are hashed on this instance, and that both kinds of hashes are known everywhere. scrypt is the stronger
 * one and takes about 0.2 s of CPU. The Workers Free plan has 10 ms for a request, so `PASSWORD_HASHING=pbkdf2` uses
 * PBKDF2 (RFC 8018) by WebCrypto there, in PHC form: `$pbkdf2-sha256$i=100000$<salt>$<hash>`.
 */
import type { Env } from '../env.ts';
import { hashPassword, isPassword } from './password.ts';

export type Hashing = 'scrypt' | 'pbkdf2';

/** The kind that new hashes on this instance have. */
export const hashingOf = (env: Pick<Env, 'PASSWORD_HASHING'>): Hashing =>
  env.PASSWORD_HASHING === 'pbkdf2' ? 'pbkdf2' : 'scrypt';

/**
 * The most that Workers allow. OWASP's Password Storage Cheat Sheet asks for 600,000 with SHA-256.
 * Source: https://developers.cloudflare.com/workers/runtime-apis/web-crypto/
 */
const ITERATIONS = 100_000;
const SALT_BYTES = 16;
const HASH_BITS = 256;

const PHC = /^\$pbkdf2-sha256\$i=(?<iterations>\d{4,7})\$(?<salt>[\w+/]{22})\$(?<hash>[\w+/]{43})$/;

/** In the place of a hash that is not there: trying it costs the same, and no password is known to give it. */
const NOBODY = `$pbkdf2-sha256$i=${ITERATIONS}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** The form in which a password is stored, with a salt of its own. */
export async function hashBy(hashing: Hashing, password: string): Promise<string> {
  if (hashing === 'scrypt') return hashPassword(password);
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const hash = await derive(password, salt, ITERATIONS);
  return `$pbkdf2-sha256$i=${ITERATIONS}$${base64(salt)}$${base64(hash)}`;
}

/**
 * Whether a password is the one that was hashed, by either kind. Without a hash it is false, and costs what one of
 * this instance's kind does, so that the time tells nothing of who is known here.
 * @throws Error if what is stored is neither kind of hash
 */
export async function isHashed(hashing: Hashing, password: string, kept: string | null): Promise<boolean> {
  const isScrypt = kept === null ? hashing === 'scrypt' : !kept.startsWith('$pbkdf2-');
  if (isScrypt) return isPassword(password, kept);
  const parts = PHC.exec(kept ?? NOBODY)?.groups;
  if (parts === undefined) throw new Error('What is stored of a password is not a PBKDF2 hash');
  const derived = await derive(password, bytesOf(parts.salt ?? ''), Number(parts.iterations));
  return crypto.subtle.timingSafeEqual(derived, bytesOf(parts.hash ?? '')) && kept !== null;
}

/** Whether a hash is of another kind than new ones, so that it is replaced when its password is known. Pure. */
export const isOutdated = (hashing: Hashing, kept: string): boolean =>
  kept.startsWith('$pbkdf2-') !== (hashing === 'pbkdf2');

/** Passwords are compared as people see them, as scrypt's are. */
async function derive(password: string, salt: BufferSource, iterations: number): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(password.normalize('NFKC')),
    'PBKDF2',
    false,
    ['deriveBits'],
  );
  const bits = await crypto.subtle.deriveBits(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations },
    key,
    HASH_BITS,
  );
  return new Uint8Array(bits);
}

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes)).replace(/=+$/, '');
const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
