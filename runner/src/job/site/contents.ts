/** Digests of the files of a site. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { readFound } from '../collect/safe-file.ts';
import type { PackedFile } from '../collect/walk.ts';
import { inLanes } from './lanes.ts';

/** A file to publish, with the digests of its content. */
export interface HashedFile {
  readonly file: PackedFile;
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly crc32: number;
}

/**
 * Reads files and computes their digests.
 * @throws {JobFailure} `artifact_invalid` if a file changes; the reason of `signal` if it aborts
 */
export const hashFiles = (files: readonly PackedFile[], signal: AbortSignal): Promise<HashedFile[]> =>
  inLanes(files, (file) => hashFile(file, signal), signal);

async function hashFile(file: PackedFile, signal: AbortSignal): Promise<HashedFile> {
  const digests = new Digests();
  for await (const chunk of readFound(file, signal)) digests.add(chunk);
  return { file, path: file.inside, size: Number(file.stats.size), ...digests.end() };
}

/** The digests of a content that comes in parts. */
export class Digests {
  readonly #sha256 = createHash('sha256');
  #crc32 = 0;

  add(chunk: Uint8Array): void {
    this.#sha256.update(chunk);
    this.#crc32 = crc32(chunk, this.#crc32);
  }

  end(): { sha256: string; crc32: number } {
    return { sha256: this.#sha256.digest('hex'), crc32: this.#crc32 };
  }
}
