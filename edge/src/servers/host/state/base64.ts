/** Bytes as Base64 (RFC 4648). */

/** Of some kilobytes at most: String.fromCharCode takes no more. */
export const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** The bytes; null if the text is no Base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    // DOMException: InvalidCharacterError.
    return null;
  }
}
