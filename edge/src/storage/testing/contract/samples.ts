/** Keys and bytes for the tests of storage. */
import { hex } from '../../hex.ts';

/** Names that storage must give back as they were: what URLs, XML and file systems are tempted to change. */
export const HARD_NAMES = [
  'My App 1.0.apk',
  'a+b&c=d;e@f,g$h.zip',
  '100% sure %2F %41.zip',
  "it's (really) fine!.zip",
  'größe-日本語-🚀.zip',
  '#hash~tilde^caret`tick{brace}[bracket].zip',
  '007',
];

export const MiB = 1024 * 1024;

export const freshPrefix = () => `contract/${crypto.randomUUID()}/`;

export const bytesOf = async (stream: ReadableStream<Uint8Array>) =>
  new Uint8Array(await new Response(stream).arrayBuffer());

/** Bytes in which every position differs from its neighbors. */
export function pattern(size: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let at = 0; at < words.length; at++) words[at] = Math.imul(at + 1, 2_654_435_761);
  return new Uint8Array(words.buffer, 0, size);
}

/** The SHA-256 of bytes, in hex. */
export const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  hex(await crypto.subtle.digest('SHA-256', bytes));
