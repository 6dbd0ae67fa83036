/**
 * The ZIP of a published site. It is not stored: its headers are generated, and what they enclose are ranges of packs,
 * because a pack contains the same raw DEFLATE as a ZIP. The same manifest always gives the same bytes.
 * Source: APPNOTE.TXT 6.3.10, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
import { publicEntries, type SiteEntry, type SiteFile, type SiteManifest, siteFile } from '@appflux/protocol';

/** A part of the archive: bytes, or a range of the pack with this index. */
export type Segment =
  | { readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly pack: number; readonly offset: number; readonly length: number };

export const lengthOf = (segment: Segment): number =>
  'bytes' in segment ? segment.bytes.length : segment.length;

/** The largest value of a 32-bit field (4.4.1.4): it says that the value is in the ZIP64 extra field. */
const MAX_32 = 0xffff_ffff;
const MAX_16 = 0xffff;

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const ZIP64_END = 0x06064b50;
const ZIP64_LOCATOR = 0x07064b50;
const END = 0x06054b50;

/** Names are UTF-8 (4.4.4, bit 11). */
const UTF_8 = 0x0800;
/** Noon of 1 January 1980, the first day of DOS time: a build has no other time that stays the same. */
const DOS_TIME = 12 << 11;
const DOS_DATE = (1 << 5) | 1;
const VERSION_DEFLATE = 20;
const VERSION_ZIP64 = 45;
/** Written as on Unix, by version 4.5 of the format (4.4.2). */
const MADE_BY = (3 << 8) | VERSION_ZIP64;
/** A regular file that anyone may read (4.4.15). */
const ATTRIBUTES = 0o100644 * 0x10000;
const ZIP64_EXTRA = 1;

/**
 * The archive's parts, in order. Files are in the order of their packs, so that they are read with few requests. The
 * modules of a server are not in it: the ZIP is what the site serves.
 */
export function* zipSegments(manifest: Pick<SiteManifest, 'files' | 'server'>): Generator<Segment> {
  let offset = 0;
  let central = 0;
  const headers: Uint8Array<ArrayBuffer>[] = [];
  const files = manifest.server === undefined ? manifest.files : publicEntries(manifest);
  for (const file of inPackOrder(files)) {
    const name = new TextEncoder().encode(file.path);
    const local = localHeader(file, name);
    const header = centralHeader(file, name, offset);
    yield { bytes: local };
    if (file.length > 0) yield { pack: file.pack, offset: file.offset, length: file.length };
    headers.push(header);
    central += header.length;
    offset += local.length + file.length;
  }
  for (const header of headers) yield { bytes: header };
  yield { bytes: endRecords({ count: headers.length, size: central, offset }) };
}

/** The archive's size in bytes. */
export function zipSize(manifest: Pick<SiteManifest, 'files' | 'server'>): number {
  let size = 0;
  for (const segment of zipSegments(manifest)) size += lengthOf(segment);
  return size;
}

const inPackOrder = (files: readonly SiteEntry[]): SiteFile[] =>
  files.map(siteFile).sort((a, b) => a.pack - b.pack || a.offset - b.offset || (a.path < b.path ? -1 : 1));

const isLarge = ({ size, length }: SiteFile) => size >= MAX_32 || length >= MAX_32;

function localHeader(file: SiteFile, name: Uint8Array): Uint8Array<ArrayBuffer> {
  // A local header has both sizes in its extra field, or neither (4.5.3).
  const extra = isLarge(file) ? zip64Extra([file.size, file.length]) : new Uint8Array(0);
  const writer = new Writer(30 + name.length + extra.length);
  writer.u32(LOCAL_HEADER);
  writer.u16(isLarge(file) ? VERSION_ZIP64 : VERSION_DEFLATE);
  writeCommon(writer, file, isLarge(file));
  writer.u16(name.length);
  writer.u16(extra.length);
  writer.raw(name);
  writer.raw(extra);
  return writer.bytes;
}

function centralHeader(file: SiteFile, name: Uint8Array, offset: number): Uint8Array<ArrayBuffer> {
  const isFar = offset >= MAX_32;
  const values = [...(isLarge(file) ? [file.size, file.length] : []), ...(isFar ? [offset] : [])];
  const extra = values.length > 0 ? zip64Extra(values) : new Uint8Array(0);
  const writer = new Writer(46 + name.length + extra.length);
  writer.u32(CENTRAL_HEADER);
  writer.u16(MADE_BY);
  writer.u16(values.length > 0 ? VERSION_ZIP64 : VERSION_DEFLATE);
  writeCommon(writer, file, isLarge(file));
  writer.u16(name.length);
  writer.u16(extra.length);
  // No comment, on the first disk, without internal attributes.
  writer.u16(0);
  writer.u16(0);
  writer.u16(0);
  writer.u32(ATTRIBUTES);
  writer.u32(isFar ? MAX_32 : offset);
  writer.raw(name);
  writer.raw(extra);
  return writer.bytes;
}

/** What both headers of a file have: flags to sizes. */
function writeCommon(writer: Writer, file: SiteFile, large: boolean): void {
  writer.u16(UTF_8);
  writer.u16(file.method === 'deflate' ? 8 : 0);
  writer.u16(DOS_TIME);
  writer.u16(DOS_DATE);
  writer.u32(file.crc32);
  writer.u32(large ? MAX_32 : file.length);
  writer.u32(large ? MAX_32 : file.size);
}

function zip64Extra(values: readonly number[]): Uint8Array {
  const writer = new Writer(4 + values.length * 8);
  writer.u16(ZIP64_EXTRA);
  writer.u16(values.length * 8);
  for (const value of values) writer.u64(value);
  return writer.bytes;
}

interface Directory {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
}

/** The end of the central directory, after its ZIP64 form if a value needs that (4.3.14 to 4.3.16). */
function endRecords({ count, size, offset }: Directory): Uint8Array<ArrayBuffer> {
  const large = count >= MAX_16 || size >= MAX_32 || offset >= MAX_32;
  const writer = new Writer(large ? 56 + 20 + 22 : 22);
  if (large) {
    writer.u32(ZIP64_END);
    // The size of what follows in this record.
    writer.u64(44);
    writer.u16(MADE_BY);
    writer.u16(VERSION_ZIP64);
    writer.u32(0);
    writer.u32(0);
    writer.u64(count);
    writer.u64(count);
    writer.u64(size);
    writer.u64(offset);
    writer.u32(ZIP64_LOCATOR);
    writer.u32(0);
    writer.u64(offset + size);
    writer.u32(1);
  }
  writer.u32(END);
  writer.u16(0);
  writer.u16(0);
  writer.u16(Math.min(count, MAX_16));
  writer.u16(Math.min(count, MAX_16));
  writer.u32(Math.min(size, MAX_32));
  writer.u32(Math.min(offset, MAX_32));
  writer.u16(0);
  return writer.bytes;
}

/** Writes little-endian numbers one after the other. */
class Writer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  u16(value: number): void {
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
  }

  u32(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  u64(value: number): void {
    this.#view.setBigUint64(this.#at, BigInt(value), true);
    this.#at += 8;
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }
}
