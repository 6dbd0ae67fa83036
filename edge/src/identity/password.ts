/**
 * Passwords, kept as scrypt hashes (RFC 7914) in PHC form: `$scrypt$ln=14,r=8,p=5$<salt>$<hash>`, in base64.
 * The cost is one of those that OWASP's Password Storage Cheat Sheet names as equal; it is the one of 16 MB, because
 * a Worker has 128 MB for all that it does at the same time. Hashing keeps the isolate busy until it is done, whichever
 * of Node's calls is used; hashing.ts says whose turn it is.
 */
import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

interface Cost {
  /** The base-2 logarithm of N. */
  ln: number;
  r: number;
  p: number;
}

const COST: Cost = { ln: 14, r: 8, p: 5 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** In the place of a hash that is not there: trying it costs the same, and no password is known to give it. */
const NOBODY = `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** The shortest and longest password, in characters. NIST SP 800-63B-4 §3.1.1.2 asks for no rule but length. */
export const MIN_PASSWORD = 10;
export const MAX_PASSWORD = 200;

const PHC =
  /^\$scrypt\$ln=(?<ln>\d{1,2}),r=(?<r>\d{1,2}),p=(?<p>\d{1,2})\$(?<salt>[\w+/]{22})\$(?<hash>[\w+/]{43})$/;

/** Why a password is not taken, in words for people; null when it is. */
export function passwordProblem(password: string, email: string): string | null {
  if (password.length < MIN_PASSWORD) return `A password has at least ${MIN_PASSWORD} characters`;
  if (password.length > MAX_PASSWORD) return `A password has at most ${MAX_PASSWORD} characters`;
  if (password.toLowerCase() === email.toLowerCase()) return 'The password is the same as the email';
  if (new Set(password).size < 4) return 'The password repeats the same few characters';
  return null;
}

/** The form in which a password is stored, with a salt of its own. */
export function hashPassword(password: string): string {
  const salt = randomBytes(SALT_BYTES);
  const hash = derive(password, salt, COST);
  return `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${base64(salt)}$${base64(hash)}`;
}

/**
 * Whether a password is the one that was hashed. Without a hash, of a user who is not there or has no password, it
 * costs the same and is false, so that how long it takes tells nothing of who is known here.
 */
export function isPassword(password: string, kept: string | null): boolean {
  const parts = PHC.exec(kept ?? NOBODY)?.groups;
  if (parts === undefined) throw new Error('What is stored of a password is not a scrypt hash');
  const cost = { ln: Number(parts.ln), r: Number(parts.r), p: Number(parts.p) };
  const derived = derive(password, Buffer.from(parts.salt ?? '', 'base64'), cost);
  return timingSafeEqual(derived, Buffer.from(parts.hash ?? '', 'base64')) && kept !== null;
}

/** Passwords are compared as people see them: composed in one way (Unicode NFKC, as NIST advises). */
function derive(password: string, salt: Buffer, { ln, r, p }: Cost): Buffer {
  const N = 2 ** ln;
  // scrypt needs 128 * N * r bytes and a little more.
  return scryptSync(password.normalize('NFKC'), salt, HASH_BYTES, { N, r, p, maxmem: 256 * N * r });
}

const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
