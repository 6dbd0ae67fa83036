/** Signs a statement: a DSSE envelope with one ES256 signature. */
import { type DsseEnvelope, preAuthEncoding, STATEMENT_TYPE } from '@appflux/protocol';
import type { KeyRing } from './key-ring.ts';

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };

/** An envelope with that statement, signed with the ring's newest key. */
export async function sealStatement(statement: object, { keys, d }: KeyRing): Promise<DsseEnvelope> {
  const key = keys[0];
  if (key === undefined) throw new Error('a ring has at least one key');
  const payload = new TextEncoder().encode(JSON.stringify(statement));
  const { x, y, kid } = key;
  const privateKey = await crypto.subtle.importKey('jwk', { kty: 'EC', crv: 'P-256', x, y, d }, P256, false, [
    'sign',
  ]);
  const signature = await crypto.subtle.sign(
    { name: 'ECDSA', hash: 'SHA-256' },
    privateKey,
    preAuthEncoding(STATEMENT_TYPE, payload),
  );
  const sig = base64(derOf(new Uint8Array(signature)));
  return { payloadType: STATEMENT_TYPE, payload: base64(payload), signatures: [{ keyid: kid, sig }] };
}

/**
 * An ECDSA signature as DER (`SEQUENCE { INTEGER r, INTEGER s }`), which OpenSSL and Sigstore read. WebCrypto gives r and
 * s beside each other (IEEE P1363).
 */
export function derOf(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2;
  const integers = [signature.subarray(0, half), signature.subarray(half)].map(integerOf);
  const length = integers.reduce((sum, integer) => sum + integer.length, 0);
  // At most 72 bytes for P-256, so each length is one byte.
  return Uint8Array.from([0x30, length, ...integers.flat()]);
}

/** A DER INTEGER: as few bytes as possible, and a zero before a first bit that would make it negative. */
function integerOf(bytes: Uint8Array): number[] {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? [0] : [...bytes.subarray(first)];
  const value = (digits[0] ?? 0) >= 0x80 ? [0, ...digits] : digits;
  return [0x02, value.length, ...value];
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
