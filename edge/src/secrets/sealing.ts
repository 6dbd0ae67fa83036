/**
 * Sealing of what must be read again but not lie in the clear: variables, and keys of the instance's own.
 * AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D §8.2.2); every sealed text is bound to its place by a
 * label, so that it opens nowhere else. Written as `v1.<keyId>.<nonce>.<ciphertext>`, in base64url.
 */
import { AppFluxError } from '@appflux/protocol';
import { base64url } from 'jose';
import type { Env } from '../env.ts';
import { setting } from '../settings.ts';
import { sha256Hex } from './tokens.ts';

const NONCE_BYTES = 12;
/** What AES-GCM adds to the text. */
const TAG_BYTES = 16;

/** 32 bytes in base64. */
const KEY_FORM = /^[A-Za-z0-9+/]{43}=$/;

const SEALED_FORM = /^v1\.(?<keyId>[0-9a-f]{8})\.(?<nonce>[\w-]{16})\.(?<ciphertext>[\w-]{22,})$/;

export interface Sealer {
  /** Seals `text` for the place that `label` names. */
  seal(text: string, label: string): Promise<string>;
  /**
   * Opens what was sealed for that place. Throws `unavailable` when it was sealed with another key, and a plain
   * Error when it was changed or moved.
   */
  open(sealed: string, label: string): Promise<string>;
  /** The same text sealed with the key of today; null when it is already, or is no sealed text. */
  reseal(sealed: string, label: string): Promise<string | null>;
}

/** How many bytes (in UTF-8) a sealed text has when it is opened; nothing has to be opened for that. */
export function openedBytes(sealed: string): number {
  const ciphertext = SEALED_FORM.exec(sealed)?.groups?.ciphertext ?? '';
  return Math.max(0, Math.floor((ciphertext.length * 3) / 4) - TAG_BYTES);
}

/** The place of an App's variable. */
export const variableLabel = (appId: string, name: string) => `app:${appId}:${name}`;

/** The place of an App's file. */
export const fileLabel = (appId: string, name: string) => `app:${appId}:file:${name}`;

/** The place of what an App's repository is fetched with. */
export const credentialLabel = (appId: string) => `app:${appId}:source-credential`;

/** The place of an App's key that signs updates. */
export const expoKeyLabel = (appId: string) => `app:${appId}:expo-signing-key`;

/** The place of a hook's target or secret. */
export const hookLabel = (hookId: string, member: 'target' | 'secret') => `hook:${hookId}:${member}`;

/** The place of what a look needs. */
export const lookLabel = (id: string) => `look:${id}`;

/** The place of a team's webhook secret. */
export const webhookSecretLabel = (id: string) => `webhook-secret:${id}`;

/**
 * A sealer with the key of this instance, SEALING_KEY. While keys are being rotated, SEALING_KEY_PREVIOUS still opens
 * what was sealed with it. Throws `unavailable` when one of them is no key.
 */
export function createSealer(env: Env): Sealer {
  const current = importKey('SEALING_KEY', setting(env, 'SEALING_KEY'));
  const previous = env.SEALING_KEY_PREVIOUS
    ? importKey('SEALING_KEY_PREVIOUS', env.SEALING_KEY_PREVIOUS)
    : null;

  async function seal(text: string, label: string): Promise<string> {
    const { key, keyId } = await current;
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const ciphertext = await crypto.subtle.encrypt(
      algorithm(nonce, label),
      key,
      new TextEncoder().encode(text),
    );
    return `v1.${keyId}.${base64url.encode(nonce)}.${base64url.encode(new Uint8Array(ciphertext))}`;
  }

  async function open(sealed: string, label: string): Promise<string> {
    const parts = SEALED_FORM.exec(sealed)?.groups;
    if (!parts?.nonce || !parts.ciphertext) throw new Error(`What is kept for ${label} is not a sealed text`);
    const keys = [await current, await previous].filter((imported) => imported !== null);
    const key = keys.find(({ keyId }) => keyId === parts.keyId)?.key;
    if (key === undefined) {
      throw new AppFluxError('unavailable', `${label} was sealed with another key (${parts.keyId})`, {
        hint: `SEALING_KEY is key ${keys[0]?.keyId} now. Set it back to the key that this instance was created with.`,
      });
    }
    const nonce = decode(parts.nonce);
    try {
      const text = await crypto.subtle.decrypt(algorithm(nonce, label), key, decode(parts.ciphertext));
      return new TextDecoder().decode(text);
    } catch (cause) {
      throw new Error(`What is kept for ${label} was changed, or was sealed for another place`, { cause });
    }
  }

  return {
    seal,
    open,
    async reseal(sealed, label) {
      const keyId = SEALED_FORM.exec(sealed)?.groups?.keyId;
      if (keyId === undefined || keyId === (await current).keyId) return null;
      return seal(await open(sealed, label), label);
    },
  };
}

const algorithm = (nonce: Uint8Array<ArrayBuffer>, label: string) => ({
  name: 'AES-GCM',
  iv: nonce,
  additionalData: new TextEncoder().encode(label),
});

/** The key that a setting holds in base64, and the id by which sealed texts name it: the first 8 hex digits of its SHA-256. */
function importKey(setting: string, encoded: string): Promise<{ key: CryptoKey; keyId: string }> {
  if (!KEY_FORM.test(encoded)) {
    throw new AppFluxError(
      'unavailable',
      `This instance is not set up: ${setting} is not 32 bytes in base64`,
      {
        hint: 'Create one with `openssl rand -base64 32`. Changing it makes sealed values unreadable; docs/operations.md says how to rotate it.',
      },
    );
  }
  const bytes = decode(encoded.replaceAll('+', '-').replaceAll('/', '_'));
  return (async () => ({
    key: await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']),
    keyId: (await sha256Hex(bytes)).slice(0, 8),
  }))();
}

/** The bytes of a text that is base64url by its form already. */
const decode = (text: string) => new Uint8Array(base64url.decode(text));
