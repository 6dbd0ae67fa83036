/** Checks of webhook signatures and tokens in constant time, for the modules of all Git hosts. */
import { createHmac, timingSafeEqual } from 'node:crypto';

const HEX_SHA256 = /^[0-9a-f]{64}$/;

/**
 * Whether `hex` is the HMAC-SHA-256 of `rawBody` with one of `secrets`: exactly 64 hexadecimal digits in lower case. All
 * secrets are tried, so that the time doesn't say which one matched.
 */
export function isHmacOf(hex: string | null, rawBody: Uint8Array, secrets: readonly string[]): boolean {
  if (hex === null || !HEX_SHA256.test(hex)) return false;
  const claimed = Buffer.from(hex, 'hex');
  let matches = false;
  for (const secret of secrets) {
    if (secret === '') continue;
    const actual = createHmac('sha256', secret).update(rawBody).digest();
    matches = timingSafeEqual(actual, claimed) || matches;
  }
  return matches;
}

/** The digits of a header in the form `sha256=…`; null without that prefix. */
export function afterPrefix(header: string | null, prefix = 'sha256='): string | null {
  return header?.startsWith(prefix) ? header.slice(prefix.length) : null;
}

/** Whether `token` is one of `secrets`. Digests are compared, so neither content nor length shows in the time. */
export function isTokenOf(token: string | null, secrets: readonly string[]): boolean {
  if (token === null || token === '') return false;
  const digest = (text: string) => createHmac('sha256', 'webhook token').update(text).digest();
  const claimed = digest(token);
  let matches = false;
  for (const secret of secrets) matches = timingSafeEqual(digest(secret), claimed) || matches;
  return matches;
}
