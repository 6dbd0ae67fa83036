/** Decodes the engine's framing of a container's two output streams. */

export interface OutputFrame {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

/** Stream type, three zeros, and the length as a big-endian 32-bit number. */
const HEADER_BYTES = 8;

/**
 * Takes apart what `POST /containers/{id}/attach` sends when there is no TTY (the format is under "Stream
 * format" in the Engine API's reference). A frame's bytes are given on as they come, without waiting for its
 * end, so that nothing large piles up here. Reading on only when asked is what makes a build wait when its
 * log is not taken fast enough.
 */
export async function* demultiplex(source: AsyncIterable<Uint8Array>): AsyncGenerator<OutputFrame> {
  let header = Buffer.alloc(0);
  let left = 0;
  let stream: OutputFrame['stream'] = 'stdout';
  for await (const chunk of source) {
    let at = 0;
    while (at < chunk.length) {
      if (left === 0) {
        const needed = HEADER_BYTES - header.length;
        header = Buffer.concat([header, chunk.subarray(at, at + needed)]);
        at += needed;
        if (header.length < HEADER_BYTES) break;
        stream = header[0] === 2 ? 'stderr' : 'stdout';
        left = header.readUInt32BE(4);
        header = Buffer.alloc(0);
      } else {
        const bytes = chunk.subarray(at, at + left);
        at += bytes.length;
        left -= bytes.length;
        yield { stream, bytes };
      }
    }
  }
}
