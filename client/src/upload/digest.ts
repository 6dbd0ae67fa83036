/** Larger files aren't read into memory as a whole only to be hashed: storage checks each part anyway. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * The SHA-256 of a file in lower-case hex, by which the runner checks what it downloaded. Null for large files, and on
 * a page that isn't a secure context, where browsers don't hash.
 */
export async function digestOf(file: Blob): Promise<string | null> {
  const { subtle }: { subtle?: typeof crypto.subtle } = crypto;
  if (file.size > MOST_BYTES || subtle === undefined) return null;
  const digest = new Uint8Array(await subtle.digest('SHA-256', await file.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
