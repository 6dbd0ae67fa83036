/** Opens files that a build may change at any time. */

import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { quoted } from '@appflux/protocol';
import { own, say } from '../../masking/sentence.ts';
import { JobFailure } from '../../step-context.ts';

/** A regular file as it was when it was found. */
export interface FoundFile {
  /** Relative to the root directory, for messages. */
  readonly path: string;
  /** Absolute; no part of it is a link. */
  readonly real: string;
  readonly stats: BigIntStats;
}

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

export const changed = (path: string): JobFailure =>
  new JobFailure('artifact_invalid', say`${quoted(path)} changed while it was read.`, {
    hint: own(
      'A process of the build is still running. Make the build command wait for all of its processes.',
    ),
  });

/**
 * Opens a file that was found before, and makes sure that it is still the same: not a link, not another file,
 * not rewritten.
 */
export async function openFound(file: FoundFile): Promise<FileHandle> {
  // O_NONBLOCK: opening a pipe that has taken its place would wait for ever.
  const handle = await open(file.real, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
    throw isGone(error) ? changed(file.path) : error;
  });
  try {
    assertSame(file, await handle.stat({ bigint: true }));
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * @throws {JobFailure} `artifact_invalid` if this is not the file that was found, or it was written to since.
 */
export function assertSame({ path, stats }: FoundFile, now: BigIntStats): void {
  const same =
    now.isFile() &&
    now.ino === stats.ino &&
    now.dev === stats.dev &&
    now.size === stats.size &&
    now.mtimeNs === stats.mtimeNs &&
    now.ctimeNs === stats.ctimeNs;
  if (!same) throw changed(path);
}

/** ELOOP is what O_NOFOLLOW says of a link, ENXIO what O_NONBLOCK says of a socket. */
const isGone = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EISDIR'].includes(String(error.code));

/**
 * The contents of a file that was found, as they were when it was found: a change while reading is an error.
 */
export async function* readFound(file: FoundFile, signal: AbortSignal): AsyncGenerator<Buffer> {
  const handle = await openFound(file);
  try {
    const size = Number(file.stats.size);
    let read = 0;
    while (read < size) {
      signal.throwIfAborted();
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(Math.min(256 * 1024, size - read)));
      if (bytesRead === 0) throw changed(file.path);
      read += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
    assertSame(file, await handle.stat({ bigint: true }));
  } finally {
    await handle.close();
  }
}
