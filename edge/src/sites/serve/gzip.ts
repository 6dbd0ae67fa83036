/** A gzip member around a stored DEFLATE stream. Source: RFC 1952 §2.3. Pure. */
import type { SiteFile } from '@appflux/protocol';
import type { Encoding } from './encoding.ts';

/** Magic, DEFLATE, no flags, no time, no extra flags, unknown system. */
const HEADER: readonly number[] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
const TRAILER_BYTES = 8;

/** What is before the DEFLATE stream. */
export const gzipHeader = (): Uint8Array<ArrayBuffer> => new Uint8Array(HEADER);

/** What is after it: the CRC-32 and the size of the content, little-endian. */
export function gzipTrailer({ crc32, size }: Pick<SiteFile, 'crc32' | 'size'>): Uint8Array<ArrayBuffer> {
  const trailer = new DataView(new ArrayBuffer(TRAILER_BYTES));
  trailer.setUint32(0, crc32, true);
  trailer.setUint32(4, size % 2 ** 32, true);
  return new Uint8Array(trailer.buffer);
}

/** The size of a file in an encoding that it has, in bytes. */
export function encodedSize(file: SiteFile, encoding: Encoding): number {
  if (encoding === 'gzip') return HEADER.length + file.length + TRAILER_BYTES;
  return encoding === 'br' && file.br !== null ? file.br.length : file.size;
}
