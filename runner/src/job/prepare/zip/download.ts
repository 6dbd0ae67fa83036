/**
 * Fetches an upload from storage. Its URL is a secret that grants access to the file, so no message contains it.
 */

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { formatBytes } from '@appflux/protocol';
import { request } from 'undici';
import { own, say } from '../../../masking/sentence.ts';
import { retry } from '../../../retry.ts';
import { JobFailure } from '../../../step-context.ts';

export interface Upload {
  readonly url: string;
  readonly size: number;
  readonly sha256: string | null;
}

export interface DownloadOptions {
  readonly signal: AbortSignal;
  /** Waits before each further try, in milliseconds. */
  readonly retryMs: readonly number[];
  /** How long the server may stay silent, in milliseconds. */
  readonly silenceMs?: number;
}

/** An interruption, after which another try may succeed. */
class Interrupted extends Error {}

/**
 * Writes an upload to `path`, and checks its size and, where one is known, its SHA-256.
 * @throws {JobFailure} `source_unavailable` if the storage does not give it, `source_invalid` if it is not
 * what was uploaded.
 */
export async function download(upload: Upload, path: string, options: DownloadOptions): Promise<void> {
  const { retryMs, signal } = options;
  const interrupted = await retry(() => downloadOrInterruption(upload, path, options), {
    isTransient: (outcome) => outcome !== null,
    pauseAfter: (tries) => retryMs[tries - 1],
    signal,
  });
  if (interrupted === null) return;
  throw new JobFailure(
    'source_unavailable',
    say`The upload could not be fetched from storage: ${interrupted.message}.`,
    { hint: own('Redeploy; if it fails again, check the storage settings.') },
  );
}

/** Gives null when all has arrived. */
async function downloadOrInterruption(
  upload: Upload,
  path: string,
  options: DownloadOptions,
): Promise<Interrupted | null> {
  try {
    await downloadOnce(upload, path, options);
    return null;
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof Interrupted) return error;
    throw error;
  }
}

async function downloadOnce(upload: Upload, path: string, options: DownloadOptions): Promise<void> {
  const silence = options.silenceMs ?? 60_000;
  const answer = await interruptedUnless(
    request(upload.url, { signal: options.signal, headersTimeout: silence, bodyTimeout: silence }),
  );
  try {
    judgeStatus(answer.statusCode);
    const digest = await receive(answer.body, upload, path);
    if (upload.sha256 !== null && digest !== upload.sha256) throw changed('its SHA-256 differs');
  } finally {
    answer.body.on('error', () => {
      // Destroying a body that was not read to its end makes it error; what went wrong is being thrown
      // already.
    });
    answer.body.destroy();
  }
}

function judgeStatus(status: number): void {
  if (status === 200) return;
  if (status === 403) {
    throw new JobFailure(
      'source_unavailable',
      own('The storage denied the download: the link has expired.'),
      {
        hint: own('Redeploy to get a new link.'),
      },
    );
  }
  if (status === 404) {
    throw new JobFailure('source_unavailable', own('The upload is no longer in storage.'), {
      hint: own('Upload it again.'),
    });
  }
  throw new Interrupted(`it responded with status ${status}`);
}

/** Writes the body to `path` and gives its SHA-256. Stops at the first byte too many. */
async function receive(body: AsyncIterable<Buffer>, upload: Upload, path: string): Promise<string> {
  const hash = createHash('sha256');
  let size = 0;
  const file = await open(path, 'w', 0o600);
  try {
    const chunks = body[Symbol.asyncIterator]();
    for (;;) {
      const next = await interruptedUnless(chunks.next());
      if (next.done === true) break;
      size += next.value.length;
      if (size > upload.size) throw changed(`it is larger than ${formatBytes(upload.size)}`);
      hash.update(next.value);
      await file.writeFile(next.value);
    }
  } finally {
    await file.close();
  }
  if (size < upload.size) throw new Interrupted(`received only ${size} of ${upload.size} bytes`);
  return hash.digest('hex');
}

const changed = (how: string) =>
  new JobFailure('source_invalid', say`The file in storage differs from the upload: ${how}.`, {
    hint: own('Upload it again.'),
  });

async function interruptedUnless<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    // undici's messages name no URL, but its codes say enough.
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no response';
    throw new Interrupted(`the connection failed (${code})`, { cause: error });
  }
}
