/** Reads an archived log: a page or everything, and of an indexed one no more than is needed. */
import { constants, crc32, inflateRawSync } from 'node:zlib';
import {
  AppFluxError,
  isAppFluxError,
  type LogLine,
  type LogOutline,
  MAX_PAGE_LENGTH,
} from '@appflux/protocol';
import { journal } from '../../journal.ts';
import type { ObjectStore } from '../../storage/storage.ts';
import { takePage } from '../ndjson.ts';
import { type ArchiveHead, type Chunk, decodeHead, MAX_HEADER_BYTES } from './format.ts';
import { plainLinesAfter, plainOutline, plainPage } from './plain.ts';

/** What is read first: the header, and most logs as a whole. */
const HEAD_BYTES = MAX_HEADER_BYTES + 16 * 1024;

/** An archived log in storage. Its methods throw AppFluxError `unavailable`, `not_found` or `log_damaged`. */
export class LogArchive {
  readonly #objects: ObjectStore;
  readonly #key: string;
  readonly #etag: string;
  readonly #size: number;
  readonly #beginning: Uint8Array;
  readonly #head: ArchiveHead;

  private constructor(
    objects: ObjectStore,
    { key, etag, size }: { key: string; etag: string; size: number },
    beginning: Uint8Array,
  ) {
    this.#objects = objects;
    this.#key = key;
    this.#etag = etag;
    this.#size = size;
    this.#beginning = beginning;
    this.#head = decodeHead(beginning, size);
    if (this.#head.kind === 'damaged') {
      journal.error(`${key}: ${this.#head.reason}; the log is read without it`);
    }
  }

  /** Opens the archive at `key`; null when there is none (any more). */
  static async open(objects: ObjectStore, key: string): Promise<LogArchive | null> {
    const object = await objects.get(key, { offset: 0, length: HEAD_BYTES });
    if (object === null) return null;
    return new LogArchive(objects, object, await bytesOf(object.body));
  }

  /** At most `limit` lines after `after`, fewer when they are long, and the number of the last line there is. */
  async page(after: number, limit: number): Promise<{ items: LogLine[]; lastSeq: number }> {
    if (this.#head.kind !== 'indexed') {
      return this.#whole((ndjson) => plainPage(ndjson, after, limit));
    }
    const { index, dataAt } = this.#head;
    const { lastSeq } = index.outline;
    const run = runAfter(index.chunks, after, limit);
    if (run === null) return { items: [], lastSeq };
    const pieces = await this.#unpack(run, dataAt);
    return { items: takePage(skipLines(pieces, after - run.before), limit), lastSeq };
  }

  /** NDJSON of all lines after `after`, in pieces of whole lines; returns the number of the last line there is. */
  async *linesAfter(after: number): AsyncGenerator<string, number> {
    if (this.#head.kind !== 'indexed') return yield* plainLinesAfter(await this.#ndjson(), after);
    const { index, dataAt } = this.#head;
    for (let seen = after; ; ) {
      const run = runAfter(index.chunks, seen, Number.POSITIVE_INFINITY);
      if (run === null) return index.outline.lastSeq;
      yield* skipLines(await this.#unpack(run, dataAt), seen - run.before);
      seen = run.before + run.chunks.reduce((sum, { lines }) => sum + lines, 0);
    }
  }

  async outline(): Promise<LogOutline> {
    return this.#head.kind === 'indexed' ? this.#head.index.outline : this.#whole(plainOutline);
  }

  /** The NDJSON of consecutive chunks, one piece each. */
  async #unpack({ chunks, offset }: Run, dataAt: number): Promise<string[]> {
    const packed = chunks.reduce((sum, chunk) => sum + chunk.packed, 0);
    const bytes = await this.#read(dataAt + offset, packed);
    const decoder = new TextDecoder();
    const pieces: string[] = [];
    let at = 0;
    for (const chunk of chunks) {
      const ndjson = inflate(bytes.subarray(at, at + chunk.packed), chunk);
      at += chunk.packed;
      pieces.push(decoder.decode(ndjson.subarray(0, -1)));
    }
    return pieces;
  }

  async #read(offset: number, length: number): Promise<Uint8Array> {
    if (offset + length <= this.#beginning.length) return this.#beginning.subarray(offset, offset + length);
    const object = await this.#objects.get(this.#key, { offset, length });
    if (object === null) throw gone();
    // The log was archived again in between, because the first try did not hear that it had succeeded.
    if (object.etag !== this.#etag) throw changed();
    return bytesOf(object.body);
  }

  /** All NDJSON, unpacked. */
  async #ndjson(): Promise<ReadableStream<Uint8Array>> {
    if (this.#beginning.length === this.#size) {
      return new Blob([this.#beginning]).stream().pipeThrough(new DecompressionStream('gzip'));
    }
    const object = await this.#objects.get(this.#key);
    if (object === null) throw gone();
    return object.body.pipeThrough(new DecompressionStream('gzip'));
  }

  async #whole<Result>(read: (ndjson: ReadableStream<Uint8Array>) => Promise<Result>): Promise<Result> {
    const ndjson = await this.#ndjson();
    try {
      return await read(ndjson);
    } catch (error) {
      throw isAppFluxError(error) ? error : damaged(error);
    }
  }
}

/** The gzip file itself, from its beginning; null when it is not there (any more). */
export async function openPacked(
  objects: ObjectStore,
  key: string,
): Promise<ReadableStream<Uint8Array> | null> {
  return (await objects.get(key))?.body ?? null;
}

/** Consecutive chunks. */
interface Run {
  readonly chunks: readonly Chunk[];
  /** The lines before the first of them, and its place in the data. */
  readonly before: number;
  readonly offset: number;
}

/** The chunks that hold the lines after `after`, `limit` of them or a page's length; null when there are none. */
function runAfter(chunks: readonly Chunk[], after: number, limit: number): Run | null {
  let before = 0;
  let offset = 0;
  let from = 0;
  for (const { lines, packed } of chunks) {
    if (before + lines > after) break;
    before += lines;
    offset += packed;
    from += 1;
  }
  let lines = before;
  let unpacked = 0;
  let to = from;
  for (const chunk of chunks.slice(from)) {
    if (lines >= after + limit || unpacked >= MAX_PAGE_LENGTH) break;
    lines += chunk.lines;
    unpacked += chunk.unpacked;
    to += 1;
  }
  return to === from ? null : { chunks: chunks.slice(from, to), before, offset };
}

/** The pieces without their first lines; the first piece has more than that. */
function* skipLines(pieces: readonly string[], lines: number): Generator<string> {
  for (const [index, piece] of pieces.entries()) {
    yield index > 0 || lines === 0 ? piece : piece.split('\n').slice(lines).join('\n');
  }
}

function inflate(packed: Uint8Array, { unpacked, crc }: Chunk): Uint8Array {
  let ndjson: Uint8Array;
  try {
    // A bound for what damaged data could unpack to. workerd needs some room above the true length.
    const maxOutputLength = 2 * unpacked + 64 * 1024;
    ndjson = inflateRawSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength });
  } catch (error) {
    throw damaged(error);
  }
  if (ndjson.length !== unpacked || crc32(ndjson) !== crc) throw damaged(null);
  return ndjson;
}

const bytesOf = async (body: ReadableStream<Uint8Array>) =>
  new Uint8Array(await new Response(body).arrayBuffer());

const gone = () => new AppFluxError('not_found', 'The log of this deployment was removed');

const changed = () =>
  new AppFluxError('unavailable', 'The log was archived again while it was read', { retryAfterSeconds: 1 });

const damaged = (cause: unknown) =>
  new AppFluxError('log_damaged', 'This part of the archived log is damaged in storage', {
    hint: 'Other parts of the log may still be readable. The operator can check the storage for the cause.',
    cause,
  });
