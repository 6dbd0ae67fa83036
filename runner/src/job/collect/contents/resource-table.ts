/** resources.arsc, the table that references in an APK lead into. */
import {
  type Chunk,
  chunkAt,
  chunksIn,
  REFERENCE,
  STRING,
  STRING_POOL,
  type StringPool,
  stringPool,
  type Value,
  valueAt,
} from './chunks.ts';
import { MalformedFile } from './malformed.ts';

const TABLE = 0x0002;
const PACKAGE = 0x0200;
const TYPE = 0x0201;

/** A reference may lead to another one; a longer way than this is a circle. */
const MOST_STEPS = 8;

/**
 * The text that a reference leads to, in the language that an app falls back on; null where it leads to none.
 * @throws MalformedFile, or RangeError where the file ends too early
 */
export function resolveText(table: Buffer, reference: Value): string | null {
  const root = chunkAt(table);
  if (root.type !== TABLE) throw new MalformedFile('no resource table');
  const chunks = [...chunksIn(root)];
  const pool = chunks.find(({ type }) => type === STRING_POOL);
  const strings: StringPool = pool === undefined ? () => null : stringPool(pool);
  const packages = chunks.filter(({ type }) => type === PACKAGE);
  let value: Value | null = reference;
  for (let step = 0; value !== null && value.type === REFERENCE && step < MOST_STEPS; step += 1) {
    value = lookUp(packages, value.data);
  }
  return value?.type === STRING ? strings(value.data) : null;
}

/** A resource id is package, type and entry: 0xPPTTEEEE. */
function lookUp(packages: readonly Chunk[], id: number): Value | null {
  const owner = packages.find(({ bytes }) => bytes.readUInt32LE(8) === id >>> 24);
  if (owner === undefined) return null;
  const typeId = (id >>> 16) & 0xff;
  let found: Value | null = null;
  for (const chunk of chunksIn(owner)) {
    if (chunk.type !== TYPE || chunk.bytes.readUInt8(8) !== typeId) continue;
    const value = entryOf(chunk, id & 0xffff);
    if (value === null) continue;
    if (isForAll(chunk)) return value;
    found ??= value;
  }
  return found;
}

/** Whether a type's configuration asks for nothing: no language, no screen, no version. Its first field is its size. */
function isForAll({ bytes }: Chunk): boolean {
  const size = bytes.readUInt32LE(20);
  return bytes.subarray(24, 20 + Math.max(size, 4)).every((byte) => byte === 0);
}

const SPARSE = 1;
const SHORT_OFFSETS = 2;
const NO_ENTRY = 0xffffffff;

/** Where an entry begins behind the type's entries, or NO_ENTRY. The table of offsets has three forms. */
function offsetOf({ headerSize, bytes }: Chunk, entry: number): number {
  const flags = bytes.readUInt8(9);
  const count = bytes.readUInt32LE(12);
  if ((flags & SPARSE) !== 0) {
    for (let index = 0; index < count; index += 1) {
      const at = headerSize + index * 4;
      if (bytes.readUInt16LE(at) === entry) return bytes.readUInt16LE(at + 2) * 4;
    }
    return NO_ENTRY;
  }
  if (entry >= count) return NO_ENTRY;
  if ((flags & SHORT_OFFSETS) === 0) return bytes.readUInt32LE(headerSize + entry * 4);
  const short = bytes.readUInt16LE(headerSize + entry * 2);
  return short === 0xffff ? NO_ENTRY : short * 4;
}

const COMPLEX = 1;
const COMPACT = 8;

function entryOf(chunk: Chunk, entry: number): Value | null {
  const offset = offsetOf(chunk, entry);
  if (offset === NO_ENTRY) return null;
  const { bytes } = chunk;
  const at = bytes.readUInt32LE(16) + offset;
  const flags = bytes.readUInt16LE(at + 2);
  if ((flags & COMPACT) !== 0) return { type: flags >>> 8, data: bytes.readUInt32LE(at + 4) };
  return (flags & COMPLEX) !== 0 ? null : valueAt(bytes, at + bytes.readUInt16LE(at));
}
