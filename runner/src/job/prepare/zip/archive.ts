/** Reads an untrusted ZIP: every error of yauzl or zlib means a damaged archive. */

import type { Readable } from 'node:stream';
import { crc32, inflateRawSync } from 'node:zlib';
import { quoted } from '@appflux/protocol';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { own, say } from '../../../masking/sentence.ts';
import { JobFailure } from '../../../step-context.ts';

/** Entries that are worked on at a time: most of the time goes by in waiting for the file system. */
const AT_ONCE = 8;
/** Entries up to this many bytes are held in memory as a whole. */
const SMALL = 1024 * 1024;

export type TakeEntry = (entry: Entry, index: number, zip: ZipFile) => Promise<void>;

/**
 * Opens an archive, hands over its entries in the order of its directory, several at a time, and closes it
 * again.
 * @throws {JobFailure} `source_invalid` if it is not a whole ZIP; whatever `take` throws; the reason of
 * `signal` if it aborts.
 */
export async function eachEntry(archive: string, signal: AbortSignal, take: TakeEntry): Promise<void> {
  signal.throwIfAborted();
  const zip = await damagedUnless(
    openPromise(archive, { autoClose: false, decodeStrings: false, validateEntrySizes: true }),
  );
  const running = new Set<Promise<void>>();
  let hasFailed = false;
  try {
    const entries = zip.eachEntry();
    for (let index = 0; !hasFailed; index += 1) {
      const next = await damagedUnless(entries.next());
      signal.throwIfAborted();
      if (next.done === true) break;
      // What fails stays in the set, for the wait below to find.
      const work = take(next.value, index, zip).then(() => {
        running.delete(work);
      });
      work.catch(() => {
        hasFailed = true;
      });
      running.add(work);
      if (running.size >= AT_ONCE) await Promise.race(running);
    }
    await Promise.all(running);
  } finally {
    await Promise.allSettled(running);
    zip.close();
  }
}

/**
 * Passes an entry's contents on, piece by piece, and checks them against its size and CRC-32.
 * @param path how messages call it.
 * @throws {JobFailure} `source_invalid` if they are not what the directory says.
 */
export async function readEntry(
  zip: ZipFile,
  entry: Entry,
  path: string,
  take: (chunk: Buffer) => Promise<void>,
): Promise<void> {
  let crc = 0;
  const checked = async (chunk: Buffer) => {
    crc = crc32(chunk, crc);
    await take(chunk);
  };
  if (isSmall(entry)) await checked(await inflateAtOnce(zip, entry, path));
  else await readStream(await damagedUnless(zip.openReadStreamPromise(entry), path), path, checked);
  if (crc !== entry.crc32) throw damaged(path);
}

/** A source is mostly small files, for which a stream that inflates costs more than the file itself. */
const isSmall = (entry: Entry): boolean =>
  entry.compressionMethod === 8 && entry.compressedSize <= SMALL && entry.uncompressedSize <= SMALL;

async function inflateAtOnce(zip: ZipFile, entry: Entry, path: string): Promise<Buffer> {
  const raw = await damagedUnless(zip.openReadStreamPromise(entry, { decodeFileData: false }), path);
  const chunks: Buffer[] = [];
  await readStream(raw, path, async (chunk) => {
    chunks.push(chunk);
  });
  try {
    // One byte more than the entry says, so that zlib never takes a size of 0 for no bound.
    const content = inflateRawSync(Buffer.concat(chunks), { maxOutputLength: entry.uncompressedSize + 1 });
    if (content.length === entry.uncompressedSize) return content;
  } catch (error) {
    throw damaged(path, error);
  }
  throw damaged(path);
}

async function readStream(
  stream: Readable,
  path: string,
  take: (chunk: Buffer) => Promise<void>,
): Promise<void> {
  const chunks = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await damagedUnless(chunks.next(), path);
      if (next.done === true) return;
      await take(next.value);
    }
  } finally {
    stream.destroy();
  }
}

async function damagedUnless<T>(work: Promise<T>, path?: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && /strong encryption/.test(error.message)) {
      throw new JobFailure('source_invalid', own('The ZIP is encrypted.'), {
        hint: own('Create the ZIP without a password.'),
        cause: error,
      });
    }
    // Errors of the host's own file system have a code; those about the archive's contents come from yauzl,
    // without one, or from zlib.
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code !== '' && !code.startsWith('Z_')) throw error;
    throw damaged(path, error);
  }
}

function damaged(path?: string, cause?: unknown): JobFailure {
  return new JobFailure(
    'source_invalid',
    path === undefined
      ? own('The upload is not a complete ZIP: its directory is missing or damaged.')
      : say`The ZIP is damaged: ${quoted(path)} could not be unpacked.`,
    { hint: own('Create the ZIP again and upload it.'), cause },
  );
}
