/** A webhook: the body of the notification as JSON, signed with the hook's secret. */
import { HOOK_HEADER } from '@appflux/protocol';
import type { NotificationBody } from './body.ts';
import type { Outgoing } from './send.ts';

/**
 * The request of a webhook. `text` is the JSON of `body`, which is what is signed.
 * @param at when it is sent, in milliseconds since 1970
 */
export async function webhookRequest(
  { url, shownUrl, secret }: { url: string; shownUrl: string; secret: string },
  { event, id }: Pick<NotificationBody, 'event' | 'id'>,
  text: string,
  at: number,
): Promise<Outgoing> {
  const timestamp = String(Math.floor(at / 1000));
  return {
    url,
    shownUrl,
    headers: {
      'Content-Type': 'application/json',
      'User-Agent': 'AppFlux',
      [HOOK_HEADER.event]: event,
      [HOOK_HEADER.delivery]: id,
      [HOOK_HEADER.timestamp]: timestamp,
      [HOOK_HEADER.signature]: `sha256=${await hmac(secret, `${timestamp}.${text}`)}`,
    },
    body: text,
  };
}

/** HMAC-SHA-256 in lower-case hex (RFC 2104). The key is the UTF-8 of the secret. */
async function hmac(secret: string, message: string): Promise<string> {
  const encoder = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', key, encoder.encode(message));
  return Array.from(new Uint8Array(signature), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
