/** Streams of bytes of a known length: workerd sends `Content-Length` for those. */
import type { ByteRange } from '../../storage/storage.ts';

/** The content of a raw DEFLATE stream (RFC 1951). */
export const inflated = (deflated: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> =>
  deflated.pipeThrough(
    new DecompressionStream('deflate-raw') as ReadableWritablePair<Uint8Array, Uint8Array>,
  );

/** `before`, a stream and `after`, one after the other: `length` bytes in total. */
export function joined(
  before: Uint8Array,
  stream: ReadableStream<Uint8Array> | null,
  after: Uint8Array,
  length: number,
): ReadableStream<Uint8Array> {
  const { readable, writable } = new FixedLengthStream(length);
  const write = async () => {
    await writeTo(writable, before);
    await stream?.pipeTo(writable, { preventClose: true });
    await writeTo(writable, after);
    await writable.close();
  };
  // The reader gets the error: the stream is aborted. A reader that left has no use for it.
  write().catch((error: unknown) => writable.abort(error).catch(() => undefined));
  return readable;
}

async function writeTo(writable: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  if (bytes.length === 0) return;
  const writer = writable.getWriter();
  await writer.write(bytes);
  writer.releaseLock();
}

/** A range of a stream of `size` bytes. */
export function slice(
  stream: ReadableStream<Uint8Array>,
  { offset, length }: ByteRange,
  size: number,
): ReadableStream<Uint8Array> {
  const cut = length === size ? stream : stream.pipeThrough(cutter(offset, length));
  return cut.pipeThrough(new FixedLengthStream(length));
}

function cutter(offset: number, length: number): TransformStream<Uint8Array, Uint8Array> {
  let skip = offset;
  let left = length;
  return new TransformStream({
    transform(chunk, controller) {
      const from = Math.min(skip, chunk.length);
      skip -= from;
      const part = chunk.subarray(from, from + left);
      left -= part.length;
      if (part.length > 0) controller.enqueue(part);
      if (left === 0) controller.terminate();
    },
  });
}
