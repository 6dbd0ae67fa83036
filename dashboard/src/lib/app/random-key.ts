/**
 * A unique `Idempotency-Key`: 128 random bits in hex. `crypto.randomUUID` doesn't exist on insecure origins,
 * `getRandomValues` does.
 */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
