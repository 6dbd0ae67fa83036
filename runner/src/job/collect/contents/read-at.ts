/** Reads parts of a file whose structure is its author's claim. */
import type { FileHandle } from 'node:fs/promises';
import { MalformedFile } from './malformed.ts';

/** The most bytes that are read at a time: structures that are larger are none of a real file. */
const MOST_BYTES = 64 * 1024 * 1024;

/** `length` bytes from `position`; MalformedFile where the file ends before them, or they are too many. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  if (!Number.isSafeInteger(position) || position < 0 || length < 0 || length > MOST_BYTES)
    throw new MalformedFile(`${length} bytes at ${position}`);
  const { size } = await file.stat();
  // Before any memory is taken for them.
  if (position + length > size) throw new MalformedFile('the file ends too early');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead !== length) throw new MalformedFile('the file ends too early');
  return buffer;
}
