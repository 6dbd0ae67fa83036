/**
 * Sealing of what must be read again but not lie in the clear: variables, and keys of the instance's own.
 * AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D §8.2.2); every sealed text is bound to its place by a
 * label, so that it opens nowhere else. Written as `v1.<keyId>.<nonce>.<ciphertext>`, in base64url.
 */
import { AppFluxError } from '@appflux/protocol';
import { base64url } from 'jose';
import { type Env, setting } from '../env.ts';
import { sha256Hex } from './tokens.ts';

const NONCE_BYTES = 12;

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
}

/** The place of an App's variable. */
export const variableLabel = (appId: string, name: string) => `app:${appId}:${name}`;

/** The place of an App's file. */
export const fileLabel = (appId: string, name: string) => `app:${appId}:file:${name}`;

/** A sealer with the key of this instance, SEALING_KEY. Throws `unavailable` when that is no key. */
export function createSealer(env: Env): Sealer {
  const encoded = setting(env, 'SEALING_KEY');
  if (!KEY_FORM.test(encoded)) {
    throw new AppFluxError(
      'unavailable',
      'This instance is not set up: SEALING_KEY is not 32 bytes in base64',
      {
        hint: 'Make one with `openssl rand -base64 32`. Changing it makes what is sealed already unreadable.',
      },
    );
  }
  const imported = importKey(decode(encoded.replaceAll('+', '-').replaceAll('/', '_')));

  return {
    async seal(text, label) {
      const { key, keyId } = await imported;
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const ciphertext = await crypto.subtle.encrypt(
        algorithm(nonce, label),
        key,
        new TextEncoder().encode(text),
      );
      return `v1.${keyId}.${base64url.encode(nonce)}.${base64url.encode(new Uint8Array(ciphertext))}`;
    },

    async open(sealed, label) {
      const parts = SEALED_FORM.exec(sealed)?.groups;
      if (!parts?.nonce || !parts.ciphertext)
        throw new Error(`What is kept for ${label} is not a sealed text`);
      const { key, keyId } = await imported;
      if (parts.keyId !== keyId) {
        throw new AppFluxError('unavailable', `${label} was sealed with another key (${parts.keyId})`, {
          hint: `SEALING_KEY is key ${keyId} now. Set it back to the one that this instance was made with.`,
        });
      }
      const nonce = decode(parts.nonce);
      try {
        const text = await crypto.subtle.decrypt(algorithm(nonce, label), key, decode(parts.ciphertext));
        return new TextDecoder().decode(text);
      } catch (cause) {
        throw new Error(`What is kept for ${label} was changed, or was sealed for another place`, { cause });
      }
    },
  };
}

const algorithm = (nonce: Uint8Array<ArrayBuffer>, label: string) => ({
  name: 'AES-GCM',
  iv: nonce,
  additionalData: new TextEncoder().encode(label),
});

/** The key, and the id by which sealed texts name it: the first 8 hex digits of its SHA-256. */
async function importKey(bytes: BufferSource) {
  const key = await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
  return { key, keyId: (await sha256Hex(bytes)).slice(0, 8) };
}

/** The bytes of a text that is base64url by its form already. */
const decode = (text: string) => new Uint8Array(base64url.decode(text));
