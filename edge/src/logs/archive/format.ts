/**
 * The format of an archived log: a gzip file (RFC 1952) of NDJSON that any tool can unpack, and of which any part can be
 * read without the rest.
 *
 * - The deflate data is cut into chunks of whole lines. Each ends with a full flush: it begins on a byte and refers to
 *   nothing before it, so it can be unpacked alone.
 * - An index of the chunks is in the header's extra field, which other programs skip.
 *
 * dictzip has done the same since 1996. It is one gzip member and not one for each chunk, because browsers and workerd
 * refuse or ignore what follows the first member. Archives of earlier versions are gzip files without an index.
 */
import { crc32 } from 'node:zlib';
import { LogOutline, type LogSection } from '@appflux/protocol';
import { z } from 'zod';

/** What a reader has to know of one chunk. */
export interface Chunk {
  /** Bytes in the file. */
  readonly packed: number;
  /** Bytes of its NDJSON. */
  readonly unpacked: number;
  readonly lines: number;
  /** CRC-32 of its NDJSON. */
  readonly crc: number;
}

export interface ArchiveIndex {
  readonly chunks: readonly Chunk[];
  readonly outline: LogOutline;
}

/** What the beginning of an archive tells. */
export type ArchiveHead =
  /** The first chunk begins at byte `dataAt`. */
  | { readonly kind: 'indexed'; readonly index: ArchiveIndex; readonly dataAt: number }
  /** A gzip file without an index. */
  | { readonly kind: 'plain' }
  /** It has an index, which can't be used. */
  | { readonly kind: 'damaged'; readonly reason: string };

/** Identification, method (deflate), flags (FEXTRA), no time, no extra flags, unknown system. */
const GZIP_START = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255] as const;
/** The start, and the length of the extra field. */
const FIXED_BYTES = GZIP_START.length + 2;
const FLAG_EXTRA = 4;
/** The id of our subfield: `AF`. Its length follows, and in it a CRC-32 and the index as JSON, padded with spaces. */
const SUBFIELD_ID = [0x41, 0x46] as const;
const SUBFIELD_START_BYTES = 4;
const CRC_BYTES = 4;
/** The length of the extra field is 16 bits. */
const MAX_EXTRA_BYTES = 0xffff;
/** An empty deflate block that ends the data: final, fixed Huffman codes, end of block. */
const DEFLATE_END = [0x03, 0x00] as const;
/** The end of the data, the CRC-32 and the length of everything. */
export const TRAILER_BYTES = DEFLATE_END.length + 8;

/** The most that a header takes, in bytes. */
export const MAX_HEADER_BYTES = FIXED_BYTES + MAX_EXTRA_BYTES;

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const Stored = z.object({
  version: z.literal(1),
  chunks: z.array(z.tuple([count, count, count, count])),
  outline: LogOutline,
});

/**
 * The header of an archive, padded to `bytes` if given. Without the index when that does not fit; such an archive can
 * still be read, from its beginning.
 */
export function encodeHeader({ chunks, outline }: ArchiveIndex, bytes?: number): Uint8Array {
  const stored: z.input<typeof Stored> = {
    version: 1,
    chunks: chunks.map(({ packed, unpacked, lines, crc }) => [packed, unpacked, lines, crc]),
    outline,
  };
  const json = new TextEncoder().encode(JSON.stringify(stored));
  const needed = FIXED_BYTES + SUBFIELD_START_BYTES + CRC_BYTES + json.length;
  const header = new Uint8Array(bytes ?? Math.min(needed, MAX_HEADER_BYTES)).fill(0x20);
  const view = new DataView(header.buffer);
  const extra = header.length - FIXED_BYTES;
  header.set(GZIP_START);
  view.setUint16(GZIP_START.length, extra, true);
  header.set(SUBFIELD_ID, FIXED_BYTES);
  view.setUint16(FIXED_BYTES + 2, extra - SUBFIELD_START_BYTES, true);
  const payload = header.subarray(FIXED_BYTES + SUBFIELD_START_BYTES + CRC_BYTES);
  if (json.length <= payload.length) payload.set(json);
  view.setUint32(FIXED_BYTES + SUBFIELD_START_BYTES, crc32(payload), true);
  return header;
}

/** What follows the last chunk: `crc` and `unpacked` are those of all NDJSON. */
export function encodeTrailer(crc: number, unpacked: number): Uint8Array {
  const trailer = new Uint8Array(TRAILER_BYTES);
  const view = new DataView(trailer.buffer);
  trailer.set(DEFLATE_END);
  view.setUint32(DEFLATE_END.length, crc, true);
  view.setUint32(DEFLATE_END.length + 4, unpacked % 2 ** 32, true);
  return trailer;
}

/** Reads the beginning of an archive of `size` bytes; `head` has at least its first MAX_HEADER_BYTES, or all of it. */
export function decodeHead(head: Uint8Array, size: number): ArchiveHead {
  if (head.length < FIXED_BYTES || ((head[3] ?? 0) & FLAG_EXTRA) === 0) return { kind: 'plain' };
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const extra = view.getUint16(GZIP_START.length, true);
  const dataAt = FIXED_BYTES + extra;
  if (head[FIXED_BYTES] !== SUBFIELD_ID[0] || head[FIXED_BYTES + 1] !== SUBFIELD_ID[1]) {
    return { kind: 'plain' };
  }
  const length = view.getUint16(FIXED_BYTES + 2, true);
  if (length + SUBFIELD_START_BYTES > extra || length < CRC_BYTES || dataAt > head.length) {
    return { kind: 'damaged', reason: 'the index is cut off' };
  }
  const payloadAt = FIXED_BYTES + SUBFIELD_START_BYTES + CRC_BYTES;
  const payload = head.subarray(payloadAt, payloadAt + length - CRC_BYTES);
  if (crc32(payload) !== view.getUint32(payloadAt - CRC_BYTES, true)) {
    return { kind: 'damaged', reason: 'the checksum of the index does not match' };
  }
  const text = new TextDecoder().decode(payload).trimEnd();
  if (text === '') return { kind: 'plain' };
  const stored = Stored.safeParse(parseJson(text));
  if (!stored.success) return { kind: 'damaged', reason: 'the index is not one of a known version' };
  const { outline } = stored.data;
  const chunks = stored.data.chunks.map(([packed, unpacked, lines, crc]) => ({
    packed,
    unpacked,
    lines,
    crc,
  }));
  const end = dataAt + sum(chunks.map(({ packed }) => packed)) + TRAILER_BYTES;
  const lines = sum(chunks.map((chunk) => chunk.lines));
  if (end !== size || lines !== outline.lastSeq || !isComplete(outline.sections, lines)) {
    return { kind: 'damaged', reason: 'the index does not fit the file' };
  }
  return { kind: 'indexed', index: { chunks, outline }, dataAt };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Told to the caller as an index that can't be read.
    return null;
  }
}

/** Whether sections follow on each other and have all lines from 1 to `lines`. */
function isComplete(sections: readonly LogSection[], lines: number): boolean {
  let next = 1;
  for (const section of sections) {
    if (section.firstSeq !== next) return false;
    next += section.lines;
  }
  return next === lines + 1;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
