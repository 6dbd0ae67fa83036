/**
 * A key that no other call has, for `Idempotency-Key`: 128 random bits in hex. `crypto.randomUUID` is not
 * there on insecure origins; this is.
 */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
