/** Reads small text files of a source tree. */

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { say } from './masking/sentence.ts';
import { JobFailure } from './step-context.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

export interface ReadTextOptions {
  readonly maxBytes: number;
  /** What the file is called in a message. */
  readonly name: string;
  /** Read only the first `maxBytes` of a longer file, instead of refusing it. */
  readonly headOnly?: boolean;
}

/**
 * The text of a regular file, or null if there is none (a link or a device is none: it could lead anywhere).
 * A byte order mark is left away.
 * @throws {JobFailure} `source_invalid` if it is larger than `maxBytes`.
 */
export async function readText(path: string, options: ReadTextOptions): Promise<string | null> {
  const { maxBytes, name } = options;
  // O_NONBLOCK: opening a pipe without a writer would wait for ever.
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
    if (isNoFile(error)) return null;
    throw error;
  });
  if (file === null) return null;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return null;
    if (stats.size > maxBytes && options.headOnly !== true) {
      throw new JobFailure('source_invalid', say`${name} is larger than ${Math.round(maxBytes / 1024)} KB.`);
    }
    // Not readFile: a file that grows meanwhile would be read to whatever end it has.
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(Math.min(stats.size, maxBytes)),
      0,
      undefined,
      0,
    );
    return buffer
      .subarray(0, bytesRead)
      .toString('utf8')
      .replace(/^\u{FEFF}/u, '');
  } finally {
    await file.close();
  }
}

/** ELOOP is what O_NOFOLLOW says of a link, ENXIO what O_NONBLOCK says of a socket. */
function isNoFile(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EISDIR'].includes(String(code));
}
