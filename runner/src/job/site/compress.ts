/** Compresses the contents of a site, once at publish instead of with each request. */
import { promisify } from 'node:util';
import { brotliCompress, deflateRaw, constants as zlib } from 'node:zlib';
import { contentType } from '../collect/content-type.ts';

const deflate = promisify(deflateRaw);
const brotli = promisify(brotliCompress);

/** A content as the pack stores it. */
export interface CompressedContent {
  readonly method: 'stored' | 'deflate';
  readonly bytes: Uint8Array;
  readonly br: Uint8Array | null;
}

/** Files are compressed in memory, up to this size. Larger ones are stored as they are. */
export const MAX_COMPRESSED_BYTES = 32 * 1024 * 1024;

/** What must be saved: a browser has to decompress it. Both forms together have to be that much smaller, too. */
const MIN_SAVED = 0.05;
/** Header and trailer that gzip has around the DEFLATE data (RFC 1952 §2.3). */
const GZIP_BYTES = 18;

/** Media types whose files are compressed already. Video and audio are read by range, too. */
const COMPRESSED =
  /^(?:video\/|audio\/|font\/woff|image\/(?!svg|bmp|x-ms-bmp|vnd\.microsoft\.icon|x-icon|tiff)|application\/(?:epub|java-archive|vnd\.android|vnd\.appimage|vnd\.debian|x-apple-diskimage))/;
const COMPRESSED_NAME = /\.(?:br|gz|tgz|bz2|xz|zst|lzma|zip|7z|rar|docx|xlsx|pptx|basis|ktx2|crx|xpi)$/i;

/** Whether compressing a file of this name and size may help. */
export const isCompressible = (name: string, size: number): boolean =>
  size > GZIP_BYTES &&
  size <= MAX_COMPRESSED_BYTES &&
  !COMPRESSED_NAME.test(name) &&
  !COMPRESSED.test(contentType(name));

/**
 * The quality of Brotli for so many bytes. The best one, 11, compresses about 1 MB a second and core and makes files
 * 12% smaller than gzip does; 8 compresses 25 times as fast, and makes them 6% smaller (`npm run bench:publish`). A
 * site of several megabytes isn't worth the wait; what changes from one deployment to the next mostly is.
 */
export const brotliQuality = (bytes: number): number => (bytes <= BEST_QUALITY_BYTES ? 11 : 8);
const BEST_QUALITY_BYTES = 2 * 1024 * 1024;

/** A window of a small content's size: preparing the usual one of 4 MB takes longer than compressing (RFC 7932 §9.1). */
const windowBits = (size: number): number =>
  Math.min(
    zlib.BROTLI_DEFAULT_WINDOW,
    Math.max(zlib.BROTLI_MIN_WINDOW_BITS, Math.ceil(Math.log2(size + 16))),
  );

/**
 * Compresses a content with DEFLATE and Brotli, in zlib's threads. Keeps the first if it is smaller by 5% or more, and
 * the second, too, if both together are: a publication never stores more than its files. Compressing can't be interrupted; at best quality it takes a few seconds at most.
 */
export async function compress(content: Uint8Array, quality: number): Promise<CompressedContent> {
  const params = {
    [zlib.BROTLI_PARAM_QUALITY]: quality,
    [zlib.BROTLI_PARAM_SIZE_HINT]: content.length,
    [zlib.BROTLI_PARAM_LGWIN]: windowBits(content.length),
  };
  const [deflated, brotlied] = await Promise.all([
    deflate(content, { level: zlib.Z_BEST_COMPRESSION }),
    brotli(content, { params }),
  ]);
  const enough = content.length * (1 - MIN_SAVED);
  const isDeflated = deflated.length + GZIP_BYTES <= enough;
  if (!isDeflated) return { method: 'stored', bytes: content, br: null };
  const isWorthBoth = brotlied.length < deflated.length && deflated.length + brotlied.length <= enough;
  return { method: 'deflate', bytes: deflated, br: isWorthBoth ? brotlied : null };
}
