/**
 * Checks that the contents of a pack are what its index says. A runner may be hostile: a wrong SHA-256 would be reused by
 * later deployments of the app, and bytes after the end of a compressed content would break every response with it.
 */
import { createHash } from 'node:crypto';
import { Readable, type Transform } from 'node:stream';
import {
  brotliDecompressSync,
  crc32,
  createBrotliDecompress,
  createInflateRaw,
  inflateRawSync,
} from 'node:zlib';
import { printable, type SiteAddition } from '@appflux/protocol';
import { PIECE_BYTES, type PieceReader } from '../../storage/read.ts';
import { SiteRefused } from './site-refused.ts';

/** A content in one of its encodings. */
interface Stored {
  readonly file: SiteAddition;
  readonly encoding: 'stored' | 'deflate' | 'br';
  readonly offset: number;
  readonly length: number;
}

/** Contents of this size are decoded in one piece, which is several times as fast for many small ones. */
const SMALL_BYTES = 1024 * 1024;

/**
 * Reads all contents of a pack, once and in order. `reader` is at the end of the index; `room` is what follows in bytes.
 * Throws SiteRefused if one of them has other bytes than its size, SHA-256 and CRC-32 say, and AppFluxError `unavailable`
 * if the connection ends early.
 */
export async function verifyContents(
  add: readonly SiteAddition[],
  reader: PieceReader,
  room: number,
): Promise<void> {
  let at = 0;
  for (const stored of inOrder(add)) {
    if (stored.offset !== at) throw new SiteRefused('The contents of the pack overlap or have gaps');
    at += stored.length;
    if (at > room) throw new SiteRefused('The pack ends within its contents');
    const digest = await digestOf(stored, reader);
    const { size, sha256, crc32: sum } = stored.file;
    if (digest === null || digest.size !== size || digest.sha256 !== sha256 || digest.crc32 !== sum)
      throw new SiteRefused(
        `The content of "${printable(stored.file.path)}" is not what the index of the pack says`,
      );
  }
  if (at !== room) throw new SiteRefused('The pack is longer than its contents');
}

const inOrder = (add: readonly SiteAddition[]): Stored[] =>
  add
    .flatMap((file): Stored[] => {
      const own: Stored = { file, encoding: file.method, offset: file.offset, length: file.length };
      return file.br === null ? [own] : [own, { file, encoding: 'br', ...file.br }];
    })
    .sort((a, b) => a.offset - b.offset || a.length - b.length);

interface Digest {
  readonly size: number;
  readonly sha256: string;
  readonly crc32: number;
}

/** What a content decodes to; null if it is not of its encoding, is larger than it says, or something follows it. */
async function digestOf(stored: Stored, reader: PieceReader): Promise<Digest | null> {
  const { encoding, length, file } = stored;
  const digester = new Digester();
  if (encoding === 'stored') {
    for await (const piece of reader.pieces(length)) digester.add(piece);
    return digester.end();
  }
  if (length <= PIECE_BYTES && file.size <= SMALL_BYTES) {
    const content = decoded(await reader.all(length), encoding, file.size);
    if (content === null) return null;
    digester.add(content);
    return digester.end();
  }
  const decoder = encoding === 'br' ? createBrotliDecompress() : createInflateRaw();
  const isWhole = await decodeInto(digester, reader.pieces(length), decoder, file.size);
  return isWhole && decoder.bytesWritten === length ? digester.end() : null;
}

/** Decodes in one piece; null like `digestOf`. */
function decoded(bytes: Uint8Array, encoding: 'deflate' | 'br', size: number): Uint8Array | null {
  const decode = encoding === 'br' ? brotliDecompressSync : inflateRawSync;
  try {
    // With `info` the answer has the decoder, too, which knows how much it has read; the types do not know that.
    const options = { maxOutputLength: Math.max(size, 1), info: true };
    const { buffer, engine } = decode(bytes, options) as unknown as {
      buffer: Uint8Array;
      engine: { bytesWritten: number };
    };
    return engine.bytesWritten === bytes.length ? buffer : null;
  } catch {
    // Not of that encoding, cut off, or larger than `maxOutputLength`.
    return null;
  }
}

/** Decodes piece by piece, with what a few pieces need in memory; false like the null of `digestOf`. */
async function decodeInto(
  digester: Digester,
  pieces: AsyncIterable<Uint8Array>,
  decoder: Transform,
  size: number,
): Promise<boolean> {
  const source = Readable.from(pieces);
  const failed = new Promise<never>((_, reject) => source.once('error', reject));
  // It may fail before anyone waits for it; the race below still gets the error.
  failed.catch(() => undefined);
  const read = async () => {
    try {
      for await (const piece of source.pipe(decoder)) {
        digester.add(piece);
        if (digester.size > size) return false;
      }
      return true;
    } catch {
      // Not of that encoding, or cut off.
      return false;
    }
  };
  try {
    return await Promise.race([read(), failed]);
  } finally {
    source.destroy();
    decoder.destroy();
  }
}

class Digester {
  readonly #hash = createHash('sha256');
  #crc32 = 0;
  size = 0;

  add(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#crc32 = crc32(piece, this.#crc32);
    this.size += piece.length;
  }

  end(): Digest {
    return { size: this.size, sha256: this.#hash.digest('hex'), crc32: this.#crc32 };
  }
}
