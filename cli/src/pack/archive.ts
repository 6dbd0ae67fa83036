/** The ZIP of a source. The same files give the same bytes, on every machine and at any time. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ENTRY_TIME, keepsItsFolder, MARKER_FOLDER } from '@appflux/client/pack';
import { formatBytes, MAX_UPLOAD_BYTES } from '@appflux/protocol';
import { ZipFile } from 'yazl';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';
import { type Collected, type Entry, largest } from './collect.ts';

const MOMENT = { mtime: ENTRY_TIME, forceDosTimestamp: true } as const;

/** Types and permissions as stat(2) has them. */
const MODE: Readonly<Record<Entry['kind'], number>> = { file: 0o100644, program: 0o100755, link: 0o120777 };

/** A ZIP in a temporary folder, until it is disposed of. */
export interface Archive extends AsyncDisposable {
  readonly path: string;
}

export interface PackOptions {
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/**
 * Packs files. @throws CliProblem `usage` if the ZIP gets larger than an upload can be, or a file can't be read; or the reason of the signal
 */
export async function pack(
  { top, entries }: Collected,
  { maxBytes = MAX_UPLOAD_BYTES, signal = new AbortController().signal }: PackOptions = {},
): Promise<Archive> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, 'source.zip');
  try {
    await write(top, entries, path, { maxBytes, signal });
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, [Symbol.asyncDispose]: remove };
}

async function write(
  top: string,
  entries: readonly Entry[],
  path: string,
  { maxBytes, signal }: Required<PackOptions>,
): Promise<void> {
  const zip = new ZipFile();
  const output = new PassThrough();
  zip.outputStream.pipe(output);
  // yazl writes nothing more after an error, and its reader would wait for ever.
  zip.on('error', (error: NodeJS.ErrnoException) => output.destroy(unreadable(error)));
  for (const entry of entries) {
    const options = { ...MOMENT, mode: MODE[entry.kind] };
    if (entry.target !== null)
      zip.addBuffer(Buffer.from(entry.target), entry.path, { ...options, compress: false });
    else zip.addFile(join(top, ...entry.path.split('/')), entry.path, options);
  }
  if (!keepsItsFolder(entries.map(({ path }) => path)))
    zip.addEmptyDirectory(MARKER_FOLDER, { ...MOMENT, mode: 0o40755 });
  zip.end();
  let bytes = 0;
  async function* counted(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(entries, maxBytes);
      yield chunk;
    }
  }
  try {
    await pipeline(output, counted, createWriteStream(path), { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

const unreadable = (error: NodeJS.ErrnoException): Error =>
  error.path === undefined
    ? error
    : new CliProblem(
        EXIT.usage,
        `${error.path} can’t be read.`,
        'Check its permissions, or add it to .appfluxignore.',
        error,
      );

const tooLarge = (entries: readonly Entry[], maxBytes: number) =>
  new CliProblem(
    EXIT.usage,
    `The ZIP of the folder is larger than ${formatBytes(maxBytes)}, the most that can be uploaded.`,
    `The largest files:\n${largest(entries)
      .map((line) => `  ${line}`)
      .join('\n')}\nAdd to .appfluxignore what the build doesn’t need.`,
  );
