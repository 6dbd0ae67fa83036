/** Reading objects that are small enough to be held in memory, and streams piece by piece. */
import { AppFluxError } from '@appflux/protocol';

/** Bytes read at a time: small pieces cost more in calls than in what is done with them. */
export const PIECE_BYTES = 256 * 1024;

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

/** Reads a stream in order, in pieces of a given size at most. */
export class PieceReader {
  readonly #reader: ReadableStreamBYOBReader;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader({ mode: 'byob' });
  }

  /**
   * The next bytes: `most` of them, or PIECE_BYTES if that is less. Throws AppFluxError `unavailable` if the stream ends
   * before.
   */
  async read(most: number): Promise<Uint8Array<ArrayBuffer>> {
    const length = Math.min(most, PIECE_BYTES);
    const { value } = await this.#reader
      .readAtLeast(length, new Uint8Array(length))
      .catch((cause: unknown) => {
        throw brokenOff(cause);
      });
    if (value === undefined || value.length < length) throw brokenOff(new Error('The object ended early'));
    return value;
  }

  /** The next `length` bytes in pieces. Throws like `read`. */
  async *pieces(length: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (let left = length; left > 0; ) {
      const piece = await this.read(left);
      left -= piece.length;
      yield piece;
    }
  }

  /** The next `length` bytes, which must fit into memory. Throws like `read`. */
  async all(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    let at = 0;
    for await (const piece of this.pieces(length)) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /** Ends the request; one that has failed already has ended. */
  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined);
  }
}
