/** What a hibernating WebSocket remembers, within the platform's limit. */
import { utf8Bytes } from '@appflux/protocol';
import { exceeded, MAX_ATTACHMENT_BYTES } from './platform.ts';

/** Attaches a value of JSON to a socket. Throws AppFluxError `unprocessable` when the platform would not keep it. */
export function attach(ws: WebSocket, value: object): void {
  const size = utf8Bytes(JSON.stringify(value));
  if (size > MAX_ATTACHMENT_BYTES) throw exceeded('The attachment (bytes)', size, MAX_ATTACHMENT_BYTES);
  ws.serializeAttachment(value);
}
