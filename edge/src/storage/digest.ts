/** SHA-256 of what is too large to be held in memory. */
import { hex } from './hex.ts';

/** Bytes read at a time: small pieces cost more in calls than in hashing. */
const PIECE_BYTES = 256 * 1024;

/** The SHA-256 of a stream's bytes, in hex. Reads it to its end; throws what reading throws. */
export async function sha256Of(body: ReadableStream<Uint8Array>): Promise<string> {
  const digest = new crypto.DigestStream('SHA-256');
  const writer = digest.getWriter();
  const reader = body.getReader({ mode: 'byob' });
  let buffer = new Uint8Array(PIECE_BYTES);
  for (;;) {
    const { value, done } = await reader.readAtLeast(PIECE_BYTES, buffer);
    if (value !== undefined && value.byteLength > 0) await writer.write(value);
    if (done || value === undefined) break;
    buffer = new Uint8Array(value.buffer);
  }
  await writer.close();
  return hex(await digest.digest);
}
