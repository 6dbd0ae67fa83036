/** Unpacks a ZIP into an empty folder. */
import { constants } from 'node:fs';
import { mkdir, open, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { JobFailure } from '../../step.ts';
import type { SourceLimits } from '../limits.ts';
import { quoted } from '../printable.ts';
import { listEntry } from './directory.ts';
import { type ExtractionPlan, ExtractionPlanner, type PlannedEntry } from './plan.ts';

export interface ExtractOptions {
  readonly limits: SourceLimits;
  /** Bytes of the archive. */
  readonly size: number;
  /** The App's root directory: decides whether a single top folder is left away. */
  readonly rootDirectory: string;
  readonly signal: AbortSignal;
}

/**
 * Unpacks `archive` into `folder`, which exists and is empty. The directory is read twice: once to decide
 * about every entry, once to unpack, so that a ZIP with one bad entry writes nothing. Links come last: while
 * files are written there is none that a path could lead through.
 * @returns the folder that was left away because it held everything, or null.
 * @throws {JobFailure} `source_invalid` if it is not a ZIP, is damaged, or holds what must not be there;
 * `disk_full`.
 */
export async function extractZip(
  archive: string,
  folder: string,
  options: ExtractOptions,
): Promise<string | null> {
  const plan = await planExtraction(archive, options);
  const wanted = new Map(plan.entries.map((entry) => [entry.index, entry]));
  const folders = new FolderMaker(folder);
  const links: { readonly path: string; readonly target: string }[] = [];
  await eachEntry(archive, options.signal, async (entry, index, zip) => {
    const planned = wanted.get(index);
    if (planned === undefined) return;
    if (planned.kind === 'directory') await folders.make(planned.path);
    else if (planned.kind === 'link')
      links.push({ path: planned.path, target: await readTarget(zip, entry, planned) });
    else await writeFile(zip, entry, planned, folders);
  });
  for (const { path, target } of links) {
    await folders.make(dirname(path));
    await symlink(target, join(folder, path));
  }
  return plan.unwrapped;
}

async function planExtraction(archive: string, options: ExtractOptions): Promise<ExtractionPlan> {
  const planner = new ExtractionPlanner(options.limits, options.size);
  await eachEntry(archive, options.signal, async (entry) => planner.add(listEntry(entry)));
  return planner.finish(options.rootDirectory);
}

type TakeEntry = (entry: Entry, index: number, zip: ZipFile) => Promise<void>;

/**
 * Opens the archive and hands over its entries in order, and closes it again. What yauzl rejects is a damaged
 * archive.
 */
async function eachEntry(archive: string, signal: AbortSignal, take: TakeEntry): Promise<void> {
  signal.throwIfAborted();
  const zip = await damagedUnless(
    openPromise(archive, { autoClose: false, decodeStrings: false, validateEntrySizes: true }),
  );
  try {
    const entries = zip.eachEntry();
    for (let index = 0; ; index += 1) {
      const next = await damagedUnless(entries.next());
      if (next.done === true) return;
      signal.throwIfAborted();
      await take(next.value, index, zip);
    }
  } finally {
    zip.close();
  }
}

async function readTarget(zip: ZipFile, entry: Entry, planned: PlannedEntry): Promise<string> {
  const chunks: Buffer[] = [];
  await readEntry(zip, entry, planned.path, async (chunk) => {
    chunks.push(chunk);
  });
  const target = Buffer.concat(chunks).toString('utf8');
  if (target === '' || target.includes('\0')) {
    throw new JobFailure('source_invalid', `The ZIP holds a link ${quoted(planned.path)} without a target.`);
  }
  return target;
}

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

async function writeFile(
  zip: ZipFile,
  entry: Entry,
  planned: PlannedEntry,
  folders: FolderMaker,
): Promise<void> {
  await folders.make(dirname(planned.path));
  const mode = planned.kind === 'program' ? 0o755 : 0o644;
  try {
    const file = await open(join(folders.top, planned.path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    try {
      await readEntry(zip, entry, planned.path, async (chunk) => {
        await file.writeFile(chunk);
      });
    } finally {
      await file.close();
    }
  } catch (error) {
    throw isFull(error)
      ? new JobFailure('disk_full', "The runner's disk is full: the ZIP could not be unpacked.", {
          cause: error,
        })
      : error;
  }
}

/** Passes an entry's contents on, piece by piece, and checks them against size and CRC-32. */
async function readEntry(
  zip: ZipFile,
  entry: Entry,
  path: string,
  take: (chunk: Buffer) => Promise<void>,
): Promise<void> {
  const stream: Readable = await damagedUnless(zip.openReadStreamPromise(entry), path);
  const chunks = stream[Symbol.asyncIterator]();
  let crc = 0;
  try {
    for (;;) {
      const next = await damagedUnless(chunks.next(), path);
      if (next.done === true) break;
      crc = crc32(next.value, crc);
      await take(next.value);
    }
  } finally {
    stream.destroy();
  }
  if (crc !== entry.crc32) throw damaged(path);
}

/** Makes folders once each. */
class FolderMaker {
  readonly top: string;
  readonly #made = new Set<string>(['.', '']);

  constructor(top: string) {
    this.top = top;
  }

  /** Makes a folder of the tree and those above it. */
  async make(path: string): Promise<void> {
    if (this.#made.has(path)) return;
    await mkdir(join(this.top, path), { recursive: true, mode: 0o755 });
    this.#made.add(path);
  }
}

async function damagedUnless<T>(work: Promise<T>, path?: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && /strong encryption/.test(error.message)) {
      throw new JobFailure('source_invalid', 'The ZIP is encrypted.', {
        hint: 'Pack it again without a password.',
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
      ? 'The upload is not a complete ZIP: its directory is missing or damaged.'
      : `The ZIP is damaged: ${quoted(path)} could not be unpacked.`,
    { hint: 'Pack it again, and upload it again.', cause },
  );
}

const isFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOSPC';
