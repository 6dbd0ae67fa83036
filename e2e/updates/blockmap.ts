/** A blockmap as electron-builder writes it: gzipped JSON with the size and the checksum of each block. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

const BLOCK = 4096;

/** Blocks of one size. The client compares checksums as texts, so any hash will do that both versions use. */
export function blockmapOf(bytes: Buffer): Buffer {
  const sizes: number[] = [];
  const checksums: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += BLOCK) {
    const block = bytes.subarray(offset, offset + BLOCK);
    sizes.push(block.length);
    checksums.push(createHash('sha256').update(block).digest('base64').slice(0, 24));
  }
  return gzipSync(JSON.stringify({ version: '2', files: [{ name: 'file', offset: 0, checksums, sizes }] }));
}
