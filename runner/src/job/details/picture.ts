/**
 * Pictures that a build delivers and browsers are to show: checked down to their structure, and without anything that is
 * not the picture, such as comments, profiles and frames of an animation.
 */
import { crc32, inflateSync } from 'node:zlib';
import type { Icon } from '@appflux/protocol';

/** The largest picture, in pixels on a side: an icon is shown at 96. */
const MOST_PIXELS = 512;
/** The largest file that is read: what is kept of it is smaller. */
export const LARGEST_PICTURE = 64 * 1024;

/** What is kept of a picture, with its media type; null for what is no picture, or not a plain one. */
export function checkedPicture(bytes: Buffer): { type: Icon['type']; bytes: Buffer } | null {
  if (bytes.length > LARGEST_PICTURE) return null;
  try {
    const png = checkedPng(bytes);
    if (png !== null) return { type: 'image/png', bytes: png };
    const webp = checkedWebp(bytes);
    return webp === null ? null : { type: 'image/webp', bytes: webp };
  } catch (error) {
    // A length that leads out of the file, or data that does not unpack: it is none.
    if (error instanceof RangeError || (error instanceof Error && 'code' in error)) return null;
    throw error;
  }
}

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
/** Samples of a pixel by color type, and the bit depths that each may have (PNG, Third Edition, §11.2.1). */
const COLOR_TYPES = new Map([
  [0, { samples: 1, depths: [1, 2, 4, 8, 16] }],
  [2, { samples: 3, depths: [8, 16] }],
  [3, { samples: 1, depths: [1, 2, 4, 8] }],
  [4, { samples: 2, depths: [8, 16] }],
  [6, { samples: 4, depths: [8, 16] }],
]);
/** What makes up the picture itself. */
const PNG_CHUNKS = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);

/** The chunks of a PNG that are the picture; null for what is no PNG that is not interlaced and has all of its rows. */
function checkedPng(bytes: Buffer): Buffer | null {
  if (!bytes.subarray(0, 8).equals(PNG_SIGNATURE)) return null;
  const kept: Buffer[] = [PNG_SIGNATURE];
  const data: Buffer[] = [];
  let rows: number | null = null;
  for (let at = 8; ; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const chunk = bytes.subarray(at, at + 12 + length);
    if (bytes.readUInt32BE(at + 8 + length) !== crc32(chunk.subarray(4, 8 + length))) return null;
    if ((type === 'IHDR') !== (at === 8)) return null;
    if (type === 'IHDR') rows = bytesOfRows(chunk.subarray(8, 8 + length));
    if (rows === null) return null;
    if (type === 'IDAT') data.push(chunk.subarray(8, 8 + length));
    if (PNG_CHUNKS.has(type)) kept.push(chunk);
    if (type === 'IEND') break;
    at += 12 + length;
  }
  const pixels = inflateSync(Buffer.concat(data), { maxOutputLength: rows });
  return pixels.length === rows ? Buffer.concat(kept) : null;
}

/** How many bytes the rows of a PNG have, unpacked; null for a picture that is not taken. */
function bytesOfRows(header: Buffer): number | null {
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const depth = header.readUInt8(8);
  const color = COLOR_TYPES.get(header.readUInt8(9));
  const isPlain = header.length === 13 && header.readUInt8(10) === 0 && header.readUInt8(11) === 0;
  const isInterlaced = header.readUInt8(12) !== 0;
  if (color === undefined || !color.depths.includes(depth) || !isPlain || isInterlaced) return null;
  if (!isSize(width) || !isSize(height)) return null;
  return height * (1 + Math.ceil((width * color.samples * depth) / 8));
}

const isSize = (pixels: number): boolean => pixels >= 1 && pixels <= MOST_PIXELS;

/** A WebP (RFC 9649) of one frame, without metadata; null for any other file. */
function checkedWebp(bytes: Buffer): Buffer | null {
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WEBP') return null;
  if (bytes.readUInt32LE(4) + 8 !== bytes.length) return null;
  let pictures = 0;
  for (let at = 12; at < bytes.length; ) {
    const type = bytes.toString('latin1', at, at + 4);
    const length = bytes.readUInt32LE(at + 4);
    const chunk = bytes.subarray(at + 8, at + 8 + length);
    if (chunk.length !== length || !isPlainChunk(type, chunk)) return null;
    if (type === 'VP8 ' || type === 'VP8L') pictures += 1;
    at += 8 + length + (length % 2);
  }
  return pictures === 1 ? bytes : null;
}

/** Bits of VP8X other than that there is an alpha channel: an animation, or metadata, has chunks that are not taken. */
const NOT_ALPHA = 0xef;

function isPlainChunk(type: string, chunk: Buffer): boolean {
  switch (type) {
    case 'VP8 ': {
      const isKeyFrame = (chunk.readUInt8(0) & 1) === 0 && chunk.readUIntBE(3, 3) === 0x9d012a;
      return isKeyFrame && isSize(chunk.readUInt16LE(6) & 0x3fff) && isSize(chunk.readUInt16LE(8) & 0x3fff);
    }
    case 'VP8L': {
      const size = chunk.readUInt32LE(1);
      return (
        chunk.readUInt8(0) === 0x2f && isSize((size & 0x3fff) + 1) && isSize(((size >>> 14) & 0x3fff) + 1)
      );
    }
    case 'VP8X':
      return (
        (chunk.readUInt8(0) & NOT_ALPHA) === 0 &&
        isSize(chunk.readUIntLE(4, 3) + 1) &&
        isSize(chunk.readUIntLE(7, 3) + 1)
      );
    default:
      return type === 'ALPH';
  }
}
