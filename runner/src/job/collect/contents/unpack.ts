/** Unpacks small structures, to a bound: what is packed may be made to fill the memory. */
import { buffer } from 'node:stream/consumers';
import * as zlib from 'node:zlib';
import xz from 'xz-decompress';
import { MalformedFile } from './malformed.ts';

export type Packing = 'none' | 'zlib' | 'gzip' | 'xz' | 'zstd';

/** The bytes that `bytes` unpack to; MalformedFile, or an error of zlib, where they are more than `maxBytes` or none. */
export async function unpack(packing: Packing, bytes: Buffer, maxBytes: number): Promise<Buffer> {
  const limit = { maxOutputLength: maxBytes };
  switch (packing) {
    case 'none':
      return bytes;
    case 'zlib':
      return zlib.inflateSync(bytes, limit);
    case 'gzip':
      return zlib.gunzipSync(bytes, limit);
    case 'zstd':
      return unpackZstd(bytes, limit);
    case 'xz':
      return buffer(limited(new xz.XzReadableStream(new Blob([new Uint8Array(bytes)]).stream()), maxBytes));
  }
}

/** Node has Zstandard since version 22.15; the command line also runs on earlier ones. */
function unpackZstd(bytes: Buffer, limit: { readonly maxOutputLength: number }): Buffer {
  const { zstdDecompressSync }: Partial<typeof zlib> = zlib;
  if (zstdDecompressSync === undefined)
    throw new MalformedFile('packed with Zstandard, which this version of Node can’t unpack');
  return zstdDecompressSync(bytes, limit);
}

async function* limited(stream: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > maxBytes) throw new MalformedFile(`more than ${maxBytes} bytes, unpacked`);
    yield chunk;
  }
}
