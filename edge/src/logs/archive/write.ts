/** Writes a log into storage, without ever holding it whole. */
import { constants, crc32, deflateRawSync } from 'node:zlib';
import { journal } from '../../journal.ts';
import { MIN_PART_BYTES, type ObjectStore, type PartsWriter } from '../../storage/storage.ts';
import { type Chunk, encodeHeader, encodeTrailer, MAX_HEADER_BYTES } from './format.ts';
import { OutlineBuilder } from './outline.ts';

/** A chunk has at least so many bytes of NDJSON: what has to be unpacked to read one line. */
const CHUNK_BYTES = 256 * 1024;

/** After so many chunks they become twice as large, so that the index of a log of any size fits into the header. */
const CHUNKS_OF_A_SIZE = 256;

const CONTENT_TYPE = 'application/gzip';

/**
 * Packs NDJSON pieces of whole lines, numbered from 1, and writes them to `key`: with one PUT, or in parts when the
 * packed log is larger than one. Throws what storage throws; nothing is there then that was not before.
 */
export async function archiveLog(objects: ObjectStore, key: string, pieces: Iterable<string>): Promise<void> {
  const outline = new OutlineBuilder();
  const chunks: Chunk[] = [];
  let crc = 0;
  let unpacked = 0;
  const upload = new ArchiveUpload(objects, key);
  try {
    for (const text of chunksOf(
      pieces,
      () => CHUNK_BYTES * 2 ** Math.floor(chunks.length / CHUNKS_OF_A_SIZE),
    )) {
      const lines = text.split('\n');
      for (const line of lines) outline.add(line);
      const ndjson = new TextEncoder().encode(`${text}\n`);
      const packed = deflateRawSync(ndjson, { finishFlush: constants.Z_FULL_FLUSH });
      chunks.push({
        packed: packed.length,
        unpacked: ndjson.length,
        lines: lines.length,
        crc: crc32(ndjson),
      });
      crc = crc32(ndjson, crc);
      unpacked += ndjson.length;
      await upload.add(packed);
      // Packing keeps the thread busy, which other objects may share: let them have their turn.
      await scheduler.wait(0);
    }
    const index = { chunks, outline: outline.outline() };
    await upload.finish((bytes) => encodeHeader(index, bytes), encodeTrailer(crc, unpacked));
  } catch (error) {
    await upload.abort();
    throw error;
  }
}

/** Joins pieces until each has the size that is asked for then, in UTF-16 units. */
function* chunksOf(pieces: Iterable<string>, size: () => number): Generator<string> {
  let gathered: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    gathered.push(piece);
    length += piece.length;
    if (length < size()) continue;
    yield gathered.join('\n');
    gathered = [];
    length = 0;
  }
  if (gathered.length > 0) yield gathered.join('\n');
}

/**
 * The file on its way. The index is known last and stands first: a small file is put together in memory, and of a large
 * one the first part is kept until the others are written.
 */
class ArchiveUpload {
  readonly #objects: ObjectStore;
  readonly #key: string;
  #parts: PartsWriter | null = null;
  /** What came before the first part was full, then null. */
  #beginning: Uint8Array[] | null = [];
  /** The first part with room for the header, once it is full. */
  #first: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** The part that is being filled, and up to where. */
  #part: Uint8Array<ArrayBuffer> = new Uint8Array();
  #filled = 0;
  #number = 1;

  constructor(objects: ObjectStore, key: string) {
    this.#objects = objects;
    this.#key = key;
  }

  /** Takes the next bytes of the data. */
  async add(bytes: Uint8Array): Promise<void> {
    if (this.#beginning !== null) {
      this.#beginning.push(bytes);
      this.#filled += bytes.length;
      if (MAX_HEADER_BYTES + this.#filled <= MIN_PART_BYTES) return;
      const beginning = this.#beginning;
      this.#beginning = null;
      this.#part = new Uint8Array(MIN_PART_BYTES);
      this.#filled = MAX_HEADER_BYTES;
      this.#parts = await this.#objects.putParts(this.#key, CONTENT_TYPE);
      for (const part of beginning) await this.#fill(part);
    } else await this.#fill(bytes);
  }

  /** Writes the rest. `header` gives the header, padded to a length if one is asked for. */
  async finish(header: (bytes?: number) => Uint8Array, trailer: Uint8Array): Promise<void> {
    if (this.#beginning !== null) {
      const file = await new Blob([header(), ...this.#beginning, trailer]).arrayBuffer();
      await this.#objects.put(this.#key, file, CONTENT_TYPE);
      return;
    }
    await this.#fill(trailer);
    if (this.#filled > 0) await this.#parts?.put(this.#number, this.#part.subarray(0, this.#filled));
    this.#first.set(header(MAX_HEADER_BYTES));
    await this.#parts?.put(1, this.#first);
    await this.#parts?.complete();
  }

  /** Gives up what was written. That this failed is logged: the error that led here is the one to throw. */
  async abort(): Promise<void> {
    await this.#parts?.abort().catch((error: unknown) => {
      journal.error(`the parts of ${this.#key} could not be dropped`, error);
    });
  }

  async #fill(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; ) {
      const taken = bytes.subarray(from, from + MIN_PART_BYTES - this.#filled);
      this.#part.set(taken, this.#filled);
      this.#filled += taken.length;
      from += taken.length;
      if (this.#filled < MIN_PART_BYTES) continue;
      if (this.#number === 1) {
        this.#first = this.#part;
        this.#part = new Uint8Array(MIN_PART_BYTES);
      } else await this.#parts?.put(this.#number, this.#part);
      this.#number += 1;
      this.#filled = 0;
    }
  }
}
