/** Uploads an archive, and goes on where it was after lost connections. */
import { openAsBlob } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PartError, RefusedError, Transfer, type TransferProgress, UnreachableError } from '@appflux/client';
import { formatBytes, formatElapsed } from '@appflux/protocol';
import type { Context, Session } from '../context.ts';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';
import { putByNode } from './put.ts';

/** How long to wait before each further try, in milliseconds. A part is also repeated within a try. */
const WAITS_MS = [1000, 3000, 10_000, 20_000, 30_000];

/**
 * Uploads a file and gives the id of the upload. Parts that have arrived are not sent again.
 * @throws CliProblem `unreachable` if storage can't be reached for minutes, and errors of the API
 */
export async function upload(
  context: Context,
  { client }: Session,
  archive: { path: string; name: string },
  signal: AbortSignal,
): Promise<string> {
  const { output } = context;
  const blob = await openAsBlob(archive.path);
  const transfer = new Transfer({ name: archive.name, blob }, client.uploads, {
    put: putByNode,
    onProgress: (progress, now) => output.status(progressLine(progress, now)),
  });
  for (let attempt = 0; ; attempt += 1) {
    try {
      const id = await transfer.run(signal);
      output.status(null);
      return id;
    } catch (error) {
      signal.throwIfAborted();
      const wait = WAITS_MS[attempt];
      if (!mayPass(error) || wait === undefined) throw asProblem(error);
      output.note(`The upload was interrupted: ${reasonOf(error)} Continuing in ${formatElapsed(wait)}.`);
      await sleep(wait, undefined, { signal });
    }
  }
}

function mayPass(error: unknown): boolean {
  if (error instanceof PartError) return error.mayPass || error.reason === 'expired';
  if (error instanceof RefusedError) {
    return error.httpStatus === 429 || error.httpStatus === 503 || error.code === 'upload_incomplete';
  }
  return error instanceof UnreachableError;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Errors of storage are no errors of the API. */
function asProblem(error: unknown): unknown {
  if (!(error instanceof PartError)) return error;
  return new CliProblem(
    EXIT.unreachable,
    `The upload failed: ${error.message}`,
    error.reason === 'no_etag'
      ? 'The proxy in front of the instance’s storage removes the ETag header. Its operator can change that.'
      : 'Check your network connection, and run the command again.',
    error,
  );
}

/** `Uploading 12 MB of 40 MB (30%), 2.1 MB/s, 13 s left` */
export function progressLine(progress: TransferProgress, now: number): string {
  const { loaded, total, fraction } = progress;
  const speed = progress.speed(now);
  const left = progress.secondsLeft(now);
  const parts = [
    `Uploading ${formatBytes(loaded)} of ${formatBytes(total)} (${Math.floor(fraction * 100)}%)`,
  ];
  if (speed > 0) parts.push(`${formatBytes(speed)}/s`);
  if (left !== null && fraction < 1) parts.push(`${formatElapsed(left * 1000)} left`);
  return parts.join(', ');
}
