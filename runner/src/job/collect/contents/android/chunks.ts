/**
 * The container format of Android's compiled resources (ResourceTypes.h of the Android Open Source Project): chunks in
 * chunks, each with its type, the size of its header and its whole size, and pools of strings. Reads beyond a chunk throw.
 */
import { MalformedFile } from '../malformed.ts';

/** A chunk: its bytes begin with its own header. */
export interface Chunk {
  readonly type: number;
  readonly headerSize: number;
  readonly bytes: Buffer;
}

export const STRING_POOL = 0x0001;

/** The chunk that a buffer begins with. */
export function chunkAt(buffer: Buffer): Chunk {
  const headerSize = buffer.readUInt16LE(2);
  const size = buffer.readUInt32LE(4);
  if (headerSize < 8 || size < headerSize || size > buffer.length) {
    throw new MalformedFile(`a chunk of ${size} bytes in ${buffer.length}`);
  }
  return { type: buffer.readUInt16LE(0), headerSize, bytes: buffer.subarray(0, size) };
}

/** The chunks that follow a chunk's header, in order. */
export function* chunksIn({ headerSize, bytes }: Chunk): Generator<Chunk> {
  let rest = bytes.subarray(headerSize);
  while (rest.length >= 8) {
    const chunk = chunkAt(rest);
    yield chunk;
    rest = rest.subarray(chunk.bytes.length);
  }
}

/** A string of a pool by its number; null for the number that means none. */
export type StringPool = (index: number) => string | null;

const UTF8_FLAG = 1 << 8;
const NONE = 0xffffffff;

/** Reads strings of a pool when they are asked for: a pool may hold many more than are needed. */
export function stringPool({ headerSize, bytes }: Chunk): StringPool {
  const count = bytes.readUInt32LE(8);
  const isUtf8 = (bytes.readUInt32LE(16) & UTF8_FLAG) !== 0;
  const start = bytes.readUInt32LE(20);
  return (index) => {
    if (index === NONE) return null;
    if (index >= count) throw new MalformedFile(`string ${index} of ${count}`);
    const at = start + bytes.readUInt32LE(headerSize + index * 4);
    return isUtf8 ? utf8At(bytes, at) : utf16At(bytes, at);
  };
}

/** Two lengths, in UTF-16 units and in bytes, each of one byte or of two when its first has the highest bit. */
function utf8At(bytes: Buffer, at: number): string {
  const units = (bytes.readUInt8(at) & 0x80) !== 0 ? 2 : 1;
  const first = bytes.readUInt8(at + units);
  const isLong = (first & 0x80) !== 0;
  const length = isLong ? ((first & 0x7f) << 8) | bytes.readUInt8(at + units + 1) : first;
  const from = at + units + (isLong ? 2 : 1);
  return within(bytes, from, length).toString('utf8');
}

function utf16At(bytes: Buffer, at: number): string {
  const first = bytes.readUInt16LE(at);
  const isLong = (first & 0x8000) !== 0;
  const length = isLong ? ((first & 0x7fff) << 16) | bytes.readUInt16LE(at + 2) : first;
  return within(bytes, at + (isLong ? 4 : 2), length * 2).toString('utf16le');
}

function within(bytes: Buffer, from: number, length: number): Buffer {
  if (from + length > bytes.length) throw new MalformedFile('a string outside its pool');
  return bytes.subarray(from, from + length);
}

/** A value as an attribute or a resource has it. */
export interface Value {
  readonly type: number;
  readonly data: number;
}

export const REFERENCE = 0x01;
export const STRING = 0x03;
export const FIRST_INTEGER = 0x10;
export const LAST_INTEGER = 0x1f;

/** The value (Res_value) at an offset. */
export function valueAt(bytes: Buffer, at: number): Value {
  return { type: bytes.readUInt8(at + 3), data: bytes.readUInt32LE(at + 4) };
}
