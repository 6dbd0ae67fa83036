/** Which header fields pass the proxy. */
import type { IncomingMessage } from 'node:http';

/** Fields that concern one connection only (RFC 9110 §7.6.1), or that the proxy answers itself. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The end-to-end fields of a message as [name, value] pairs, in their order and without those named in `except`. */
export function endToEndFields(message: IncomingMessage, ...except: string[]): [string, string][] {
  const named = (message.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const dropped = new Set([...HOP_BY_HOP, ...named, ...except]);
  const fields: [string, string][] = [];
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    const name = message.rawHeaders[index] ?? '';
    if (!dropped.has(name.toLowerCase())) fields.push([name, message.rawHeaders[index + 1] ?? '']);
  }
  return fields;
}
