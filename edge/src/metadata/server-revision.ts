/** Names of the revisions of what servers of an app's sites are loaded with. */

/** A revision that there was not before: 16 hex digits. */
export const newRevision = (): string =>
  [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
