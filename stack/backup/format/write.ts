/** Writes a snapshot: cuts content into chunks, and stores those that the backup does not have yet. */
import { type FileHandle, open } from 'node:fs/promises';
import type { ChunkEntry, FileEntry, Manifest } from './manifest.ts';
import { packChunk, type Repository } from './repository.ts';

/** How large chunks are, in bytes: databases change in places, objects never change. */
export const CHUNK_BYTES: Readonly<Record<FileEntry['kind'], number>> = {
  database: 128 * 1024,
  object: 4 * 1024 ** 2,
  file: 128 * 1024,
};

/** A pack is stored when it has grown to this many bytes. */
const PACK_BYTES = 16 * 1024 ** 2;

/** A pack of which an earlier snapshot used less than this share is not used again, so that it goes with that snapshot. */
const WORTH_KEEPING = 0.5;

type Described = Omit<FileEntry, 'chunks' | 'size'>;

export interface Written {
  /** Bytes of the instance that the snapshot shows. */
  readonly total: number;
  /** Bytes that were added to the backup. */
  readonly stored: number;
}

export class SnapshotWriter {
  readonly #repository: Repository;
  /** Where chunks lie that the backup has already, by id. */
  readonly #known = new Map<string, { pack: { id: string; size: number }; chunk: ChunkEntry }>();
  readonly #previous = new Map<string, { entry: FileEntry; chunks: readonly ChunkEntry[] }>();

  readonly #files = new Map<string, FileEntry>();
  readonly #chunks: ChunkEntry[] = [];
  readonly #positions = new Map<string, number>();
  readonly #packs: { id: string; size: number }[] = [];
  readonly #packPositions = new Map<string, number>();
  #open: Uint8Array[] = [];
  #openBytes = 0;
  /** Positions of the chunks in the pack that is being filled. */
  #waiting: number[] = [];
  #stored = 0;

  /**
   * @param previous the newest snapshot; what it has is not stored again
   * @param there the ids of the packs that the store really has
   */
  constructor(repository: Repository, previous: Manifest | null, there: ReadonlySet<string>) {
    this.#repository = repository;
    if (previous === null) return;
    const used = previous.packs.map(() => 0);
    for (const [, pack, , stored] of previous.chunks) used[pack] = (used[pack] ?? 0) + stored;
    for (const chunk of previous.chunks) {
      const pack = previous.packs[chunk[1]];
      const worth = (used[chunk[1]] ?? 0) >= WORTH_KEEPING * (pack?.size ?? 0);
      if (pack !== undefined && worth && there.has(pack.id)) this.#known.set(chunk[0], { pack, chunk });
    }
    for (const entry of previous.files) {
      const chunks = entry.chunks.flatMap((index) => {
        const chunk = previous.chunks[index];
        return chunk === undefined ? [] : [chunk];
      });
      if (chunks.every(([id]) => this.#known.has(id))) this.#previous.set(entry.path, { entry, chunks });
    }
  }

  /** What the previous snapshot has at a path, if all of it is still stored. */
  previous(path: string): FileEntry | null {
    return this.#previous.get(path)?.entry ?? null;
  }

  /** Adds a file that is the same as in the previous snapshot, without reading it. */
  reuse(path: string, seen: string | undefined): void {
    const previous = this.#previous.get(path);
    if (previous === undefined) throw new Error(`The previous snapshot has no ${path}`);
    const { seen: _, ...entry } = previous.entry;
    const chunks = previous.chunks.map(([id]) => this.#place(id) ?? fail(`a chunk of ${path} is gone`));
    this.#files.set(path, { ...entry, ...(seen === undefined ? {} : { seen }), chunks });
  }

  /** Adds a file that lies at `from`. */
  async addFile(described: Described, from: string): Promise<void> {
    const file = await open(from, 'r');
    try {
      await this.add(described, readPieces(file, CHUNK_BYTES[described.kind]));
    } finally {
      await file.close();
    }
  }

  /** Adds content that comes in pieces of any size. What was added at the same path before is replaced. */
  async add(described: Described, content: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks: number[] = [];
    let size = 0;
    for await (const chunk of inChunks(content, CHUNK_BYTES[described.kind])) {
      size += chunk.length;
      const id = this.#repository.key.idOf(chunk);
      chunks.push(this.#place(id) ?? (await this.#store(id, chunk)));
    }
    this.#files.set(described.path, { ...described, size, chunks });
  }

  /** Writes the manifest: from now on the snapshot is there. */
  async finish(about: Omit<Manifest, 'files' | 'packs' | 'chunks'>): Promise<Written> {
    await this.#flush();
    const files = [...this.#files.values()];
    const manifest = { ...about, files, packs: this.#packs, chunks: this.#chunks };
    this.#stored += await this.#repository.putManifest(manifest);
    const total = files.reduce((sum, { size }) => sum + size, 0);
    return { total, stored: this.#stored };
  }

  /** The position of a chunk that is stored already; null when it is not. */
  #place(id: string): number | null {
    const position = this.#positions.get(id);
    if (position !== undefined) return position;
    const known = this.#known.get(id);
    if (known === undefined) return null;
    const [, , offset, stored, size] = known.chunk;
    return this.#list([id, this.#packPosition(known.pack), offset, stored, size]);
  }

  async #store(id: string, chunk: Uint8Array): Promise<number> {
    const stored = await packChunk(chunk);
    // Its pack has no position before it is full.
    const position = this.#list([id, -1, this.#openBytes, stored.length, chunk.length]);
    this.#waiting.push(position);
    this.#open.push(stored);
    this.#openBytes += stored.length;
    if (this.#openBytes >= PACK_BYTES) await this.#flush();
    return position;
  }

  async #flush(): Promise<void> {
    if (this.#openBytes === 0) return;
    const { id, size, stored } = await this.#repository.putPack(Buffer.concat(this.#open));
    const pack = this.#packPosition({ id, size });
    for (const position of this.#waiting) {
      const chunk = this.#chunks[position];
      if (chunk !== undefined) chunk[1] = pack;
    }
    this.#stored += stored;
    this.#open = [];
    this.#openBytes = 0;
    this.#waiting = [];
  }

  #list(chunk: ChunkEntry): number {
    const position = this.#chunks.push(chunk) - 1;
    this.#positions.set(chunk[0], position);
    return position;
  }

  #packPosition(pack: { id: string; size: number }): number {
    const known = this.#packPositions.get(pack.id);
    if (known !== undefined) return known;
    const position = this.#packs.push(pack) - 1;
    this.#packPositions.set(pack.id, position);
    return position;
  }
}

const fail = (message: string): never => {
  throw new Error(message);
};

async function* readPieces(file: FileHandle, bytes: number): AsyncGenerator<Uint8Array> {
  for (;;) {
    const piece = Buffer.alloc(bytes);
    const { bytesRead } = await file.read(piece, 0, bytes);
    if (bytesRead === 0) return;
    yield piece.subarray(0, bytesRead);
  }
}

/** The same content in chunks of `bytes`, the last one excepted. An empty content has none. */
export async function* inChunks(
  content: AsyncIterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const piece of content) {
    let rest = piece;
    while (length + rest.length >= bytes) {
      const taken = rest.subarray(0, bytes - length);
      yield parts.length === 0 ? taken : Buffer.concat([...parts, taken]);
      rest = rest.subarray(taken.length);
      parts = [];
      length = 0;
    }
    if (rest.length > 0) {
      parts.push(rest);
      length += rest.length;
    }
  }
  if (length > 0) yield Buffer.concat(parts);
}
