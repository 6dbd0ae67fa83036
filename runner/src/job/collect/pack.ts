/** Packs a site into a ZIP that is the same, byte for byte, for the same files. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { readFound } from './safe-file.ts';
import { type PackedFile, tooLarge } from './walk.ts';

export interface Packed {
  readonly size: number;
  readonly sha256: string;
}

/**
 * Writes `files` into a new ZIP at `path`.
 * @throws {JobFailure} `artifact_invalid` if it grows beyond `maxBytes` or a file changes; the reason of
 * `signal` if it aborts.
 */
export async function packZip(
  files: readonly PackedFile[],
  path: string,
  options: {
    readonly maxBytes: number;
    readonly signal: AbortSignal;
    /** Whether what can be run stays so when it is unpacked. A site is only read. */
    readonly keepExecutable?: boolean;
  },
): Promise<Packed> {
  const zip = new ZipFile();
  // DOS times begin in 1980, and yazl writes them in the host's time zone: so this is noon there. The extra
  // field with a time in UTC is left away.
  const mtime = new Date(1980, 0, 1, 12);
  const output = zip.outputStream as Readable;
  // yazl passes on neither its own errors nor those of what it reads to its output.
  zip.on('error', (error: Error) => output.destroy(error));
  // The loop below meets the error as well. An error that comes before the loop has begun would find no listener, and
  // end the whole runner.
  output.on('error', () => undefined);
  let reading: Readable | undefined;
  for (const file of files) {
    const isProgram = options.keepExecutable === true && (file.stats.mode & 0o100n) !== 0n;
    const mode = isProgram ? 0o100755 : 0o100644;
    const settings = { mtime, mode, forceDosTimestamp: true, size: Number(file.stats.size) };
    zip.addReadStreamLazy(file.inside, settings, (take) => {
      reading = Readable.from(readFound(file, options.signal));
      reading.on('error', (error) => output.destroy(error));
      take(null, reading);
    });
  }
  zip.end();

  const hash = createHash('sha256');
  let size = 0;
  const target = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of output) {
      options.signal.throwIfAborted();
      size += chunk.length;
      if (size > options.maxBytes) throw tooLarge(options.maxBytes);
      hash.update(chunk);
      await target.writeFile(chunk);
    }
  } finally {
    // When packing ends early, the file that is being read is still open.
    if (reading !== undefined) await closed(reading);
    await target.close();
  }
  return { size, sha256: hash.digest('hex') };
}

/** Ends a stream, and waits until what it holds open is closed. */
async function closed(stream: Readable): Promise<void> {
  stream.destroy();
  if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve));
}
