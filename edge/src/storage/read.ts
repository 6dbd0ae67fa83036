/** Reading objects that are small enough to be held in memory, and streams piece by piece. */
import { AppFluxError } from '@appflux/protocol';

/** What a caller gets if a connection to storage ends within an object. */
export const brokenOff = (cause: unknown): AppFluxError =>
  new AppFluxError('unavailable', 'The storage closed the connection', { cause, retryAfterSeconds: 5 });

/** All bytes of a stream. Throws AppFluxError `unavailable` if the connection ends early. */
export async function bytesOf(body: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await new Response(body).arrayBuffer());
  } catch (cause) {
    throw brokenOff(cause);
  }
}
