/** Reading ECDSA signatures in DER. */

/** Bytes of r and of s on P-256. */
const HALF = 32;

/**
 * The r and s of a DER signature (`SEQUENCE { INTEGER r, INTEGER s }`) beside each other, as WebCrypto wants them (IEEE
 * P1363). Null for anything but the one encoding that DER allows (ITU-T X.690, §8.3 and §10.1).
 */
export function rawSignature(der: Uint8Array): Uint8Array<ArrayBuffer> | null {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return null;
  const r = readInteger(der, 2);
  const s = r && readInteger(der, r.end);
  if (!r || !s || s.end !== der.length) return null;
  const raw = new Uint8Array(2 * HALF);
  raw.set(r.digits, HALF - r.digits.length);
  raw.set(s.digits, 2 * HALF - s.digits.length);
  return raw;
}

/** A positive INTEGER of at most 32 bytes at `from`, without its leading zero. */
function readInteger(der: Uint8Array, from: number): { digits: Uint8Array; end: number } | null {
  const length = der[from + 1] ?? 0;
  const end = from + 2 + length;
  if (der[from] !== 0x02 || length === 0 || length > HALF + 1 || end > der.length) return null;
  const value = der.subarray(from + 2, end);
  const [first = 0, second = 0] = value;
  if (first >= 0x80) return null;
  const isPadded = first === 0 && length > 1;
  if (isPadded && second < 0x80) return null;
  const digits = isPadded ? value.subarray(1) : value;
  return digits.length > HALF ? null : { digits, end };
}
