/** Writes the pack of a site: an index, and the contents that storage doesn't have yet. */
import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { encodeSiteIndex, type SiteAddition, type SiteIndex } from '@appflux/protocol';
import { own } from '../../masking/sentence.ts';
import { JobFailure, type PackedContent } from '../../step-context.ts';
import { changed, readFound } from '../collect/safe-file.ts';
import { tooLarge } from '../collect/walk.ts';
import { brotliQuality, type CompressedContent, compress, isCompressible } from './compress.ts';
import { Digests, type HashedFile } from './contents.ts';
import { inOrder } from './lanes.ts';

export interface WrittenPack {
  readonly size: number;
  readonly sha256: string;
  readonly contents: readonly PackedContent[];
}

export interface PackOptions {
  /** Where it is written. What is there is replaced. */
  readonly path: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Contents that are read and compressed at the same time, in bytes before compression. */
const MAX_IN_MEMORY = 64 * 1024 * 1024;

/**
 * Writes the contents of `files`, in order, and the index that describes them. The same files make the same bytes.
 * @throws {JobFailure} `artifact_invalid` if it grows beyond `maxBytes`, a file changes, or the index is too large; the
 * reason of `signal` if it aborts
 */
export async function writePack(
  files: readonly HashedFile[],
  index: Omit<SiteIndex, 'add'>,
  { path, maxBytes, signal }: PackOptions,
): Promise<WrittenPack> {
  // The index comes first and its length is only known at the end, so that the contents wait in a file of their own.
  const bodyPath = `${path}.contents`;
  const body = await open(bodyPath, 'w+', 0o600);
  try {
    const add = await new Body(body, maxBytes, signal).write(files);
    const head = await headOf({ ...index, add });
    const { size, sha256 } = await joined(head, body, path, signal);
    if (size > maxBytes) throw tooLarge(maxBytes);
    return { size, sha256, contents: add.map((one) => contentOf(one, path, head.length)) };
  } finally {
    await body.close();
    await rm(bodyPath, { force: true });
  }
}

async function headOf(index: SiteIndex): Promise<Uint8Array> {
  return encodeSiteIndex(index).catch((error: unknown) => {
    if (!(error instanceof RangeError)) throw error;
    throw new JobFailure('artifact_invalid', own('The paths and rules of the site are too long in total.'), {
      hint: own('Publish fewer files, or use shorter names.'),
      cause: error,
    });
  });
}

/** The contents of a pack, one after the other. */
class Body {
  readonly #target: FileHandle;
  readonly #maxBytes: number;
  readonly #signal: AbortSignal;
  #size = 0;

  constructor(target: FileHandle, maxBytes: number, signal: AbortSignal) {
    this.#target = target;
    this.#maxBytes = maxBytes;
    this.#signal = signal;
  }

  async write(files: readonly HashedFile[]): Promise<SiteAddition[]> {
    const compressible = files.filter(({ path, size }) => isCompressible(path, size));
    const quality = brotliQuality(compressible.reduce((sum, { size }) => sum + size, 0));
    const compressed = inOrder(files, (file) => this.#prepare(file, quality), {
      signal: this.#signal,
      sizeOf: ({ path, size }) => (isCompressible(path, size) ? size : 1),
      maxSize: MAX_IN_MEMORY,
    });
    const additions: SiteAddition[] = [];
    for await (const { file, content } of compressed) {
      this.#signal.throwIfAborted();
      additions.push(content === null ? await this.#copy(file) : await this.#add(file, content));
    }
    return additions;
  }

  /** Reads and compresses a file; null for one that is stored as it is, which isn't read into memory. */
  async #prepare(
    file: HashedFile,
    quality: number,
  ): Promise<{ file: HashedFile; content: CompressedContent | null }> {
    if (!isCompressible(file.path, file.size)) return { file, content: null };
    const parts: Buffer[] = [];
    for await (const part of this.#read(file)) parts.push(part);
    return { file, content: await compress(Buffer.concat(parts), quality) };
  }

  /** The content of a file, which must still be the one whose digests are known. */
  async *#read({ file, sha256 }: HashedFile): AsyncGenerator<Buffer> {
    const digests = new Digests();
    for await (const part of readFound(file, this.#signal)) {
      digests.add(part);
      yield part;
    }
    if (digests.end().sha256 !== sha256) throw changed(file.path);
  }

  async #add(file: HashedFile, { method, bytes, br }: CompressedContent): Promise<SiteAddition> {
    const offset = await this.#append(bytes);
    const brotli = br && { offset: await this.#append(br), length: br.length };
    return { ...described(file), offset, length: bytes.length, method, br: brotli };
  }

  async #copy(file: HashedFile): Promise<SiteAddition> {
    const offset = this.#size;
    for await (const part of this.#read(file)) await this.#append(part);
    return { ...described(file), offset, length: file.size, method: 'stored', br: null };
  }

  async #append(bytes: Uint8Array): Promise<number> {
    const offset = this.#size;
    this.#size += bytes.length;
    if (this.#size > this.#maxBytes) throw tooLarge(this.#maxBytes);
    await this.#target.writeFile(bytes);
    return offset;
  }
}

const described = ({ path, size, sha256, crc32 }: HashedFile) => ({ path, size, sha256, crc32 });

/** Writes the head and the body into one file. */
async function joined(
  head: Uint8Array,
  body: FileHandle,
  path: string,
  signal: AbortSignal,
): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  const target = await open(path, 'w', 0o600);
  let size = 0;
  try {
    const write = async (bytes: Uint8Array) => {
      signal.throwIfAborted();
      hash.update(bytes);
      size += bytes.length;
      await target.writeFile(bytes);
    };
    await write(head);
    for await (const part of body.createReadStream({ start: 0, autoClose: false })) await write(part);
  } finally {
    await target.close();
  }
  return { size, sha256: hash.digest('hex') };
}

/** Reads a content of the finished pack. */
function contentOf(
  { path: name, size, offset, length, method }: SiteAddition,
  path: string,
  start: number,
): PackedContent {
  return {
    name,
    size,
    async *read() {
      if (length === 0) return;
      const file = await open(path);
      try {
        const from = start + offset;
        const stored = file.createReadStream({ start: from, end: from + length - 1, autoClose: false });
        // An error of either ends the other, and is thrown by the loop that reads the last.
        yield* method === 'stored' ? stored : pipeline(stored, createInflateRaw(), () => undefined);
      } finally {
        await file.close();
      }
    },
  };
}
