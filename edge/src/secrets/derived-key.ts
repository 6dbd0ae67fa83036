/** Keys for purposes of their own, derived from the sealing key: nothing else has to be stored or configured. */
/** What derived keys are for. A key for one purpose tells nothing about the others. */
export type Purpose = 'throttle' | 'device-cookie' | 'site-access' | 'artifact-link' | 'github-state';

/** The keys of this isolate, by sealing key and purpose. Never promises: those end with their request. */
const derived = new Map<string, CryptoKey>();

/** As many as there are purposes, for the current sealing key and the one before it. */
const MOST_KEYS = 10;

/** An HMAC-SHA-256 key for a purpose, derived from a sealing key (in base64) by HKDF (RFC 5869). */
export async function derivedHmacKey(sealingKey: string, purpose: Purpose): Promise<CryptoKey> {
  const name = `${purpose} ${sealingKey}`;
  const known = derived.get(name);
  if (known !== undefined) return known;
  const secret = Buffer.from(sealingKey, 'base64');
  const material = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
  const key = await crypto.subtle.deriveKey(
    {
      name: 'HKDF',
      hash: 'SHA-256',
      salt: new Uint8Array(32),
      info: new TextEncoder().encode(`appflux ${purpose}`),
    },
    material,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign', 'verify'],
  );
  if (derived.size >= MOST_KEYS) derived.clear();
  derived.set(name, key);
  return key;
}
