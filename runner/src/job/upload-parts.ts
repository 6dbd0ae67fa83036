/** Puts the bytes of artifacts into storage, part by part. */
import { createReadStream } from 'node:fs';
import type { PartGrant, UploadedPart } from '@appflux/protocol';
import { request } from 'undici';
import { type BackoffPolicy, fullJitter } from '../backoff.ts';
import type { Journal } from '../journal.ts';
import { say } from '../masking/sentence.ts';
import { retry } from '../retry.ts';
import { type CollectedArtifact, JobFailure, type StepContext } from '../step-context.ts';

export interface PartsOptions {
  readonly journal: Journal;
  readonly backoff?: BackoffPolicy;
}

/** Parts that are uploaded in parallel. */
const PARALLEL = 4;
/**
 * How often a part is uploaded, or the edge is asked, before giving up: with the pauses below, after a minute or
 * two. A restart of the storage must not discard a long build.
 */
const TRIES = 12;
const BACKOFF: BackoffPolicy = { baseMs: 500, capMs: 15_000 };
/** Without a byte of progress in either direction, in milliseconds. */
const IDLE_MS = 60_000;

/** Storage knows no upload that a part could belong to: it was ended. */
export class UploadGone extends JobFailure {}

/** The waits between tries; undefined when no try is left. */
export const pausesOf =
  (backoff: BackoffPolicy = BACKOFF) =>
  (tries: number) =>
    tries < TRIES ? fullJitter(tries - 1, backoff) : undefined;

/**
 * Uploads parts, a few at a time.
 * @returns the parts that storage has now, and whether a grant expired before the rest was put
 * @throws {JobFailure} `upload_failed`; {UploadGone}
 */
export async function putParts(
  artifact: CollectedArtifact,
  partSize: number,
  parts: readonly PartGrant[],
  options: PartsOptions,
  ctx: StepContext,
): Promise<{ uploaded: UploadedPart[]; expired: boolean }> {
  const queue = [...parts];
  const failed = new AbortController();
  const signal = AbortSignal.any([ctx.signal, failed.signal]);
  const uploaded: UploadedPart[] = [];
  let expired = false;
  const work = async () => {
    for (let part = queue.shift(); part !== undefined && !expired; part = queue.shift()) {
      const etag = await putPart(artifact, partSize, part, options, { ...ctx, signal });
      if (etag === null) expired = true;
      else uploaded.push({ partNumber: part.partNumber, etag });
    }
  };
  const workers = Array.from({ length: PARALLEL }, () =>
    work().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  signal.throwIfAborted();
  return { uploaded, expired };
}

/** Uploads one part, with retries. Gives its ETag, or null when its grant is rejected (403). */
async function putPart(
  artifact: CollectedArtifact,
  partSize: number,
  part: PartGrant,
  options: PartsOptions,
  ctx: StepContext,
): Promise<string | null> {
  const start = (part.partNumber - 1) * partSize;
  const length = Math.min(partSize, artifact.size - start);
  const { journal, backoff } = options;
  const { partNumber } = part;
  const outcome = await retry(
    async (tries) => {
      const result = await put(part.url, artifact.path, start, length, ctx.signal);
      if ('problem' in result && result.status !== 403) {
        const { problem } = result;
        journal.warn('A part of an artifact was not stored', {
          artifact: artifact.name,
          part: partNumber,
          tries,
          problem,
        });
      }
      return result;
    },
    {
      isTransient: (result) => 'problem' in result && result.again,
      pauseAfter: pausesOf(backoff),
      signal: ctx.signal,
    },
  );
  if ('etag' in outcome) return outcome.etag;
  if (outcome.status === 403) return null;
  const Failure = outcome.status === 404 ? UploadGone : JobFailure;
  throw new Failure('upload_failed', say`Storage did not accept ${artifact.name}: ${outcome.problem}`);
}

type PutOutcome = { etag: string } | { problem: string; again: boolean; status?: number };

/** One PUT. The address holds a signature: it must not get into any message. */
async function put(
  url: string,
  path: string,
  start: number,
  length: number,
  signal: AbortSignal,
): Promise<PutOutcome> {
  const body = length === 0 ? Buffer.alloc(0) : createReadStream(path, { start, end: start + length - 1 });
  try {
    const response = await request(url, {
      method: 'PUT',
      headers: { 'content-length': String(length) },
      body,
      signal,
      headersTimeout: IDLE_MS,
      bodyTimeout: IDLE_MS,
    });
    await response.body.dump();
    const { etag } = response.headers;
    if (response.statusCode === 200 && typeof etag === 'string') return { etag };
    const { statusCode: status } = response;
    if (status === 200) return { problem: 'it responded without an ETag', again: false };
    return {
      problem: `it responded with status ${status}`,
      again: status >= 500 || status === 408 || status === 429,
      status,
    };
  } catch (error) {
    signal.throwIfAborted();
    // Only the code, such as ECONNRESET: a message could quote the address.
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'the connection failed';
    return { problem: code, again: true };
  } finally {
    if (!Buffer.isBuffer(body)) body.destroy();
  }
}
