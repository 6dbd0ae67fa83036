/** Larger files are not held in memory whole only to be hashed; storage checks each part on its own. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * The SHA-256 of a file in lower-case hex, so that the runner can tell that it builds what was chosen.
 * Null for large files, and where the page is not a secure context, in which browsers do not hash.
 */
export async function digestOf(file: Blob): Promise<string | null> {
  if (file.size > MOST_BYTES || globalThis.crypto?.subtle === undefined) return null;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
