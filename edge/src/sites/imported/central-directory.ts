/**
 * Reads the directory of a ZIP that an earlier version delivered as a site. Its runner has packed it, so it may be
 * hostile: what is not plausible is left out, and nothing is read beyond what is there.
 * Source: APPNOTE.TXT 6.3.10, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
import { isSitePath } from '@appflux/protocol';

/** The end record without its comment, and with the longest one (4.3.16). */
const END_BYTES = 22;
export const MAX_END_BYTES = END_BYTES + 0xffff;
export const ZIP64_END_BYTES = 56;
const LOCATOR_BYTES = 20;
const CENTRAL_BYTES = 46;
export const LOCAL_BYTES = 30;

const END = 0x06054b50;
const ZIP64_LOCATOR = 0x07064b50;
const ZIP64_END = 0x06064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const MAX_32 = 0xffff_ffff;

/** Where the directory is, in bytes from the beginning of the file. */
export interface DirectoryPlace {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
}

/** A file of the archive, as the directory describes it. */
export interface ZipFile {
  readonly path: string;
  readonly size: number;
  readonly crc32: number;
  readonly method: 'stored' | 'deflate';
  /** Bytes in the archive. */
  readonly length: number;
  /** Where its local header is. */
  readonly header: number;
}

/**
 * Finds the directory by the last bytes of a file of `size` bytes: MAX_END_BYTES and a locator, or all of it. `zip64` says
 * where the ZIP64 end record is that has to be read for it. Null if this is no ZIP.
 */
export function findDirectory(tail: Uint8Array, size: number): DirectoryPlace | { zip64: number } | null {
  const view = viewOf(tail);
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
    if (view.getUint32(at, true) !== END) continue;
    // A comment may contain the signature: the record is the one whose comment ends with the file.
    if (at + END_BYTES + view.getUint16(at + 20, true) !== tail.length) continue;
    const locator = at - LOCATOR_BYTES;
    if (locator >= 0 && view.getUint32(locator, true) === ZIP64_LOCATOR) {
      const zip64 = Number(view.getBigUint64(locator + 8, true));
      return zip64 + ZIP64_END_BYTES <= size ? { zip64 } : null;
    }
    const [count, length, offset] = [
      view.getUint16(at + 10, true),
      view.getUint32(at + 12, true),
      view.getUint32(at + 16, true),
    ];
    return within({ count, size: length, offset }, size);
  }
  return null;
}

/** The same by the ZIP64 end record (4.3.14). */
export function readZip64End(record: Uint8Array, size: number): DirectoryPlace | null {
  const view = viewOf(record);
  if (record.length < ZIP64_END_BYTES || view.getUint32(0, true) !== ZIP64_END) return null;
  const number = (at: number) => Number(view.getBigUint64(at, true));
  return within({ count: number(32), size: number(40), offset: number(48) }, size);
}

const within = (place: DirectoryPlace, size: number): DirectoryPlace | null =>
  place.offset + place.size <= size ? place : null;

/**
 * The files of a directory that a site can have, once per path. `dataEnd` is where the directory begins: no content
 * reaches beyond it.
 */
export function readDirectory(directory: Uint8Array, dataEnd: number): ZipFile[] {
  const view = viewOf(directory);
  const files = new Map<string, ZipFile>();
  for (let at = 0; at + CENTRAL_BYTES <= directory.length && view.getUint32(at, true) === CENTRAL; ) {
    const nameEnd = at + CENTRAL_BYTES + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    if (extraEnd > directory.length) break;
    const name = directory.subarray(at + CENTRAL_BYTES, nameEnd);
    const file = fileAt(view, at, name, directory.subarray(nameEnd, extraEnd));
    if (file !== null && !files.has(file.path) && file.header + LOCAL_BYTES + file.length <= dataEnd)
      files.set(file.path, file);
    at = extraEnd + view.getUint16(at + 32, true);
  }
  return [...files.values()];
}

/** A file by its entry; null for what a site doesn't have. */
function fileAt(view: DataView, at: number, name: Uint8Array, extra: Uint8Array): ZipFile | null {
  const flags = view.getUint16(at + 8, true);
  const method = METHODS.get(view.getUint16(at + 10, true));
  const path = pathOf(name);
  const isEncrypted = (flags & 1) !== 0;
  if (method === undefined || path === null || isEncrypted || !isRegular(view, at)) return null;
  const numbers = sizesOf(view, at, extra);
  if (numbers === null) return null;
  const { size, length, header } = numbers;
  if (method === 'stored' ? length !== size : length === 0) return null;
  return { path, size, crc32: view.getUint32(at + 16, true), method, length, header };
}

const METHODS: ReadonlyMap<number, ZipFile['method']> = new Map([
  [0, 'stored'],
  [8, 'deflate'],
]);

/** The path; null for a folder, and for names that are no paths or not UTF-8. */
function pathOf(name: Uint8Array): string | null {
  try {
    const path = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(name);
    return isSitePath(path) ? path : null;
  } catch {
    // Not UTF-8: nobody could know its URL.
    return null;
  }
}

/** Whether an archive that was made on Unix says that it is a regular file, or nothing (4.4.2, 4.4.15). */
function isRegular(view: DataView, at: number): boolean {
  const type = (view.getUint32(at + 38, true) >>> 16) & 0o170000;
  return view.getUint8(at + 5) !== 3 || type === 0 || type === 0o100000;
}

/** Sizes and offset, which may be in the ZIP64 extra field (4.5.3); null if they are not where they have to be. */
function sizesOf(
  view: DataView,
  at: number,
  extra: Uint8Array,
): { size: number; length: number; header: number } | null {
  const large = zip64Values(extra);
  let next = 0;
  const value = (field: number): number => {
    const short = view.getUint32(at + field, true);
    if (short !== MAX_32) return short;
    const found = large[next] ?? Number.NaN;
    next += 1;
    return found;
  };
  // In this order.
  const size = value(24);
  const length = value(20);
  const header = value(42);
  return [size, length, header].every((number) => Number.isSafeInteger(number))
    ? { size, length, header }
    : null;
}

function zip64Values(extra: Uint8Array): number[] {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1 && end <= extra.length) {
      const values = [];
      for (let field = at + 4; field + 8 <= end; field += 8)
        values.push(Number(view.getBigUint64(field, true)));
      return values;
    }
    at = end;
  }
  return [];
}

/** How many bytes the local header of a file has, with its name and extra field; null if this is none. */
export function localHeaderBytes(header: Uint8Array): number | null {
  const view = viewOf(header);
  if (header.length < LOCAL_BYTES || view.getUint32(0, true) !== LOCAL) return null;
  return LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
