/** The archived log: one object in storage, gzip over NDJSON. */
import type { LogLine } from '@appflux/protocol';
import type { ObjectStore } from '../storage/storage.ts';
import { takeLines } from './store.ts';

/** Packs NDJSON pieces and puts them at `key`. The whole is bounded by the log's cap. */
export async function archiveLog(objects: ObjectStore, key: string, pieces: Iterable<string>): Promise<void> {
  const packed = ndjsonStream(pieces).pipeThrough(new CompressionStream('gzip'));
  await objects.put(key, await new Response(packed).arrayBuffer(), 'application/gzip');
}

/** NDJSON pieces of whole lines as a stream of bytes, read as fast as it is taken. */
export function ndjsonStream(pieces: Iterable<string>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.iterator]();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = iterator.next();
      if (next.done) controller.close();
      else controller.enqueue(encoder.encode(`${next.value}\n`));
    },
  });
}

/** The archived log's NDJSON as a stream of bytes; null when it is not there (any more). */
export async function openArchive(
  objects: ObjectStore,
  key: string,
): Promise<ReadableStream<Uint8Array> | null> {
  const object = await objects.get(key);
  return object === null ? null : object.body.pipeThrough(new DecompressionStream('gzip'));
}

/** At most `limit` archived lines after `after`, and the number of the last line there is. */
export async function readArchive(
  archive: ReadableStream<Uint8Array>,
  after: number,
  limit: number,
): Promise<{ items: LogLine[]; lastSeq: number }> {
  const items: LogLine[] = [];
  let lastSeq = 0;
  for await (const piece of pieces(archive)) {
    const lines = piece.split('\n');
    const skip = Math.max(0, after - lastSeq);
    if (skip < lines.length && items.length < limit) {
      items.push(...takeLines(lines.slice(skip), limit - items.length));
    }
    lastSeq += lines.length;
  }
  return { items, lastSeq };
}

/** NDJSON of the archived lines after `after`, in pieces of whole lines. Line n of the archive is number n. */
export async function* linesAfter(
  archive: ReadableStream<Uint8Array>,
  after: number,
): AsyncGenerator<string> {
  let seen = 0;
  for await (const piece of pieces(archive)) {
    const lines = piece.split('\n');
    const skip = Math.max(0, after - seen);
    seen += lines.length;
    if (skip < lines.length) yield skip === 0 ? piece : lines.slice(skip).join('\n');
  }
  return seen;
}

/** The text of a stream in pieces of whole lines, without the newline at the end of a piece. */
async function* pieces(archive: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = '';
  for await (const text of archive.pipeThrough(new TextDecoderStream())) {
    const upTo = text.lastIndexOf('\n');
    if (upTo === -1) {
      rest += text;
      continue;
    }
    const whole = rest + text.slice(0, upTo);
    rest = text.slice(upTo + 1);
    yield whole;
  }
  if (rest !== '') yield rest;
}
