/** resources.arsc, the table that references in an APK lead into. */

import { MalformedFile } from '../malformed.ts';
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

const TABLE = 0x0002;
const PACKAGE = 0x0200;
const TYPE = 0x0201;

/** A reference may lead to another one; a longer way than this is a circle. */
const MOST_STEPS = 8;

/** A text that a reference leads to, and for which density of screens: dots per inch, 0 for any. */
export interface TableText {
  readonly text: string;
  readonly density: number;
}

/**
 * The text that a reference leads to, in the language that an app falls back on; null where it leads to none.
 * @throws MalformedFile, or RangeError where the file ends too early
 */
export function resolveText(table: Buffer, reference: Value): string | null {
  const { packages, strings } = partsOf(table);
  let value: Value | null = reference;
  for (let step = 0; value !== null && value.type === REFERENCE && step < MOST_STEPS; step += 1) {
    const found: Configured[] = [...valuesOf(packages, value.data)];
    value = (found.find(({ isForAll }) => isForAll) ?? found[0])?.value ?? null;
  }
  return value?.type === STRING ? strings(value.data) : null;
}

/** The most values that are looked at for one reference: densities times versions of Android, several times over. */
const MOST_VALUES = 200;

/**
 * All texts that a reference leads to, whatever they are for: for a picture, the paths of its files.
 * @throws as resolveText does
 */
export function resolveAll(table: Buffer, reference: Value): TableText[] {
  const { packages, strings } = partsOf(table);
  const texts: TableText[] = [];
  const seen = new Set<number>();
  const pending: Configured[] = [{ value: reference, density: 0, isForAll: true }];
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const { value, density } = next;
    if (value.type === STRING) texts.push({ text: strings(value.data) ?? '', density });
    if (value.type !== REFERENCE || seen.has(value.data)) continue;
    seen.add(value.data);
    for (const found of valuesOf(packages, value.data)) pending.push(found);
    if (seen.size + pending.length + texts.length > MOST_VALUES) break;
  }
  return texts;
}

function partsOf(table: Buffer): { packages: Chunk[]; strings: StringPool } {
  const root = chunkAt(table);
  if (root.type !== TABLE) throw new MalformedFile('no resource table');
  const chunks = [...chunksIn(root)];
  const pool = chunks.find(({ type }) => type === STRING_POOL);
  return {
    packages: chunks.filter(({ type }) => type === PACKAGE),
    strings: pool === undefined ? () => null : stringPool(pool),
  };
}

/** A value, and what it is for. */
interface Configured {
  readonly value: Value;
  readonly density: number;
  /** No language, no screen, no version is asked for. */
  readonly isForAll: boolean;
}

/** The values of a resource, one for each configuration. Its id is package, type and entry: 0xPPTTEEEE. */
function* valuesOf(packages: readonly Chunk[], id: number): Generator<Configured> {
  const owner = packages.find(({ bytes }) => bytes.readUInt32LE(8) === id >>> 24);
  if (owner === undefined) return;
  const typeId = (id >>> 16) & 0xff;
  for (const chunk of chunksIn(owner)) {
    if (chunk.type !== TYPE || chunk.bytes.readUInt8(8) !== typeId) continue;
    const value = entryOf(chunk, id & 0xffff);
    if (value !== null) yield { value, density: densityOf(chunk), isForAll: isForAll(chunk) };
  }
}

/** The dots per inch that a type's configuration is for (ResTable_config); 0 for any. */
function densityOf({ bytes }: Chunk): number {
  return bytes.readUInt32LE(20) < 16 ? 0 : bytes.readUInt16LE(20 + 14);
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
