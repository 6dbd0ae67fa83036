/**
 * Texts that only this instance could have written: `text.signature`, both in base64url, by HMAC-SHA-256 with a key of
 * their own purpose.
 */
import type { Env } from '../../env.ts';
import { derivedHmacKey, type Purpose } from '../../secrets/derived-key.ts';
import { setting } from '../../settings.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** The signature of a text. */
export async function signatureOf(env: Env, purpose: Purpose, text: string): Promise<string> {
  const key = await derivedHmacKey(setting(env, 'SEALING_KEY'), purpose);
  return Buffer.from(await crypto.subtle.sign('HMAC', key, bytesOf(text))).toString('base64url');
}

/** Whether a signature is a text's. While the sealing key is rotated, those by the one before it are valid, too. */
export async function isSignatureOf(
  env: Env,
  purpose: Purpose,
  text: string,
  signature: string,
): Promise<boolean> {
  const secrets = [setting(env, 'SEALING_KEY'), env.SEALING_KEY_PREVIOUS];
  for (const secret of secrets) {
    if (!secret) continue;
    const key = await derivedHmacKey(secret, purpose);
    const given = Buffer.from(signature, 'base64url');
    if (await crypto.subtle.verify('HMAC', key, given, bytesOf(text))) return true;
  }
  return false;
}

/** A signed text. */
export async function seal(env: Env, purpose: Purpose, text: string): Promise<string> {
  return `${Buffer.from(text).toString('base64url')}.${await signatureOf(env, purpose, text)}`;
}

/** The text that was signed; null if it wasn't, or was changed. */
export async function unseal(env: Env, purpose: Purpose, sealed: string): Promise<string | null> {
  const [, encoded = '', signature = ''] = /^([\w-]{1,2000})\.([\w-]{43})$/.exec(sealed) ?? [];
  if (encoded === '') return null;
  const text = Buffer.from(encoded, 'base64url').toString();
  return (await isSignatureOf(env, purpose, text, signature)) ? text : null;
}
