/** Uploads artifacts straight into storage, part by part. */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PartGrant, UploadedPart } from '@appflux/protocol';
import { request } from 'undici';
import type { AttemptConnection } from '../agent/attempt-connection.ts';
import { type BackoffPolicy, fullJitter } from '../agent/backoff.ts';
import type { Journal } from '../agent/journal.ts';
import { untilAborted } from '../agent/stop.ts';
import { own, say } from '../masking/sentence.ts';
import { humanSize } from './prepare/printable.ts';
import { type CollectedArtifact, JobFailure, type StepContext } from './step.ts';

export interface UploadOptions {
  readonly connection: Pick<AttemptConnection, 'ask'>;
  readonly attempt: number;
  readonly journal: Journal;
  readonly backoff?: BackoffPolicy;
}

/** Parts on their way at once. */
const PARALLEL = 4;
/**
 * How often a part is put, or the edge is asked, before it is given up: with the pauses below, after a minute or
 * two. What took long to build is not thrown away for a storage that is restarted.
 */
const TRIES = 12;
const BACKOFF: BackoffPolicy = { baseMs: 500, capMs: 15_000 };
/** How often grants are asked for anew, when those at hand have run out. */
const GRANTS = 3;
/** Without a byte of progress in either direction, in milliseconds. */
const IDLE_MS = 60_000;

/**
 * Uploads artifacts one after the other.
 * @throws {JobFailure} `upload_failed`; the reason of `ctx.signal` if it aborts
 */
export async function uploadArtifacts(
  artifacts: readonly CollectedArtifact[],
  options: UploadOptions,
  ctx: StepContext,
): Promise<void> {
  for (const artifact of artifacts) {
    const startedAt = performance.now();
    await uploadArtifact(artifact, options, ctx);
    const took = (performance.now() - startedAt) / 1000;
    ctx.log(say`Uploaded ${artifact.name} (${own(humanSize(artifact.size))}) in ${own(took.toFixed(1))} s.`);
  }
}

async function uploadArtifact(
  artifact: CollectedArtifact,
  options: UploadOptions,
  ctx: StepContext,
): Promise<void> {
  const { attempt } = options;
  const { name, sha256, contentType, meta } = artifact;
  const done = new Map<number, UploadedPart>();
  for (let grants = 1; ; grants += 1) {
    const question = {
      type: 'upload',
      attempt,
      name,
      size: artifact.size,
      sha256,
      contentType,
      meta,
    } as const;
    const granted = await askUntilAnswered(question, options, ctx);
    if (granted.type !== 'upload_granted') throw refused(name, granted);
    const rest = granted.parts.filter(({ partNumber }) => !done.has(partNumber));
    const expired = await putParts(artifact, granted.partSize, rest, done, options, ctx);
    if (!expired) break;
    if (grants === GRANTS)
      throw new JobFailure('upload_failed', `Storage refuses ${name}: its grants do not hold`);
  }
  const parts = [...done.values()].sort((a, b) => a.partNumber - b.partNumber);
  const answer = await askUntilAnswered({ type: 'uploaded', attempt, name, parts }, options, ctx);
  if (answer.type !== 'upload_done') throw refused(name, answer);
}

type Answer = Awaited<ReturnType<AttemptConnection['ask']>>;
type Frame = Parameters<AttemptConnection['ask']>[0];
/** A question that is not numbered yet: each time it is asked counts as one of its own. */
type Question = Frame extends infer One ? (One extends Frame ? Omit<One, 'request'> : never) : never;

/** Asks, and asks again while the edge says that storage is at fault and that this may help. */
async function askUntilAnswered(
  question: Question,
  { connection, journal, backoff }: UploadOptions,
  { signal }: StepContext,
): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await untilAborted(connection.ask({ ...question, request: randomUUID() }), signal);
    if (answer.type !== 'upload_refused' || answer.again !== true || tries === TRIES) return answer;
    journal.warn('Storage was at fault', { artifact: question.name, tries, problem: answer.message });
    await sleep(fullJitter(tries - 1, backoff ?? BACKOFF), undefined, { signal }).catch(() =>
      signal.throwIfAborted(),
    );
  }
}

function refused(name: string, answer: { type: string; message?: string }): JobFailure {
  return new JobFailure(
    'upload_failed',
    `${name} was not taken: ${answer.message ?? `unexpected ${answer.type}`}`,
  );
}

/** Puts parts, a few at a time. True when a grant has run out and has to be asked for anew. */
async function putParts(
  artifact: CollectedArtifact,
  partSize: number,
  parts: readonly PartGrant[],
  done: Map<number, UploadedPart>,
  options: UploadOptions,
  ctx: StepContext,
): Promise<boolean> {
  const queue = [...parts];
  const failed = new AbortController();
  const signal = AbortSignal.any([ctx.signal, failed.signal]);
  let expired = false;
  const work = async () => {
    for (let part = queue.shift(); part !== undefined && !expired; part = queue.shift()) {
      const etag = await putPart(artifact, partSize, part, options, { ...ctx, signal });
      if (etag === null) expired = true;
      else done.set(part.partNumber, { partNumber: part.partNumber, etag });
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
  return expired;
}

/** Puts one part, again and again while that may help. Its ETag, or null when its grant does not hold (403). */
async function putPart(
  artifact: CollectedArtifact,
  partSize: number,
  part: PartGrant,
  options: UploadOptions,
  ctx: StepContext,
): Promise<string | null> {
  const start = (part.partNumber - 1) * partSize;
  const length = Math.min(partSize, artifact.size - start);
  let last = '';
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (tries > 0) {
      const pause = fullJitter(tries - 1, options.backoff ?? BACKOFF);
      await sleep(pause, undefined, { signal: ctx.signal }).catch(() => ctx.signal.throwIfAborted());
    }
    const outcome = await put(part.url, artifact.path, start, length, ctx.signal);
    if ('etag' in outcome) return outcome.etag;
    if (outcome.status === 403) return null;
    last = outcome.problem;
    options.journal.warn('A part of an artifact was not taken', {
      artifact: artifact.name,
      part: part.partNumber,
      tries: tries + 1,
      problem: last,
    });
    if (!outcome.again) break;
  }
  throw new JobFailure('upload_failed', `Storage did not take ${artifact.name}: ${last}`);
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
    if (status === 200) return { problem: 'it answered without an ETag', again: false };
    return {
      problem: `it answered with status ${status}`,
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
