/** Uploads artifacts straight into storage, part by part. */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  type DeploymentToRunner,
  formatBytes,
  formatElapsed,
  type PartGrant,
  type RunnerToDeployment,
  SITE_BASE_GONE,
  type UploadedPart,
} from '@appflux/protocol';
import { request } from 'undici';
import { type BackoffPolicy, fullJitter } from '../backoff.ts';
import type { Journal } from '../journal.ts';
import { own, say } from '../masking/sentence.ts';
import { retry } from '../retry.ts';
import { type CollectedArtifact, JobFailure, type StepContext } from '../step-context.ts';
import { untilAborted } from '../stop.ts';
import { inSpan } from '../tracing/trace.ts';

/** What a runner asks the edge about an artifact. */
export type UploadQuestion = Extract<RunnerToDeployment, { type: 'upload' | 'uploaded' }>;

/** What the edge answers. */
export type UploadAnswer = Extract<
  DeploymentToRunner,
  { type: 'upload_granted' | 'upload_done' | 'upload_refused' }
>;

/** The part of the attempt's connection that uploads need. */
export interface UploadConnection {
  /** Asks the edge, over as many connections as it takes. */
  ask(question: UploadQuestion): Promise<UploadAnswer>;
}

export interface UploadOptions {
  readonly connection: UploadConnection;
  readonly attempt: number;
  readonly journal: Journal;
  readonly backoff?: BackoffPolicy;
  /** Packs a site again after the edge has refused its base. */
  readonly repacked: (artifact: CollectedArtifact, ctx: StepContext) => Promise<CollectedArtifact>;
}

/** The edge no longer has the publication that the pack of a site continues. */
class BaseGone extends Error {}

/** How often the same site is packed again. */
const REPACKS = 3;

/** Parts that are uploaded in parallel. */
const PARALLEL = 4;
/**
 * How often a part is uploaded, or the edge is asked, before giving up: with the pauses below, after a minute or
 * two. A restart of the storage must not discard a long build.
 */
const TRIES = 12;
const BACKOFF: BackoffPolicy = { baseMs: 500, capMs: 15_000 };
/** How often new grants are requested when the present ones have expired. */
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
    const { name, size, site } = await inSpan(
      ctx,
      'upload',
      (within) => uploadOrRepack(artifact, options, within),
      {
        'appflux.artifact': artifact.name,
        'appflux.bytes': artifact.size,
      },
    );
    const took = formatElapsed(performance.now() - startedAt);
    const what = site === undefined ? name : own('the site');
    ctx.log(say`Uploaded ${what} (${own(formatBytes(size))}) in ${own(took)}.`);
  }
}

/** Uploads an artifact. Returns what was uploaded: a site may have been packed again. */
async function uploadOrRepack(
  artifact: CollectedArtifact,
  options: UploadOptions,
  ctx: StepContext,
): Promise<CollectedArtifact> {
  let current = artifact;
  for (let repacks = 0; ; repacks += 1) {
    try {
      await uploadArtifact(current, options, ctx);
      return current;
    } catch (error) {
      if (!(error instanceof BaseGone)) throw error;
      if (repacks === REPACKS)
        throw new JobFailure(
          'upload_failed',
          say`The publications that ${current.name} continues were removed`,
        );
    }
    ctx.log(own('The previous publication is gone. Packing the site again.'));
    current = await options.repacked(current, ctx);
  }
}

async function uploadArtifact(
  artifact: CollectedArtifact,
  options: UploadOptions,
  ctx: StepContext,
): Promise<void> {
  const { attempt } = options;
  const { name, sha256, contentType, meta } = artifact;
  const done: UploadedPart[] = [];
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
    if (granted.type !== 'upload_granted') throw refused(artifact, granted);
    const rest = granted.parts.filter(({ partNumber }) =>
      done.every((part) => part.partNumber !== partNumber),
    );
    const { uploaded, expired } = await putParts(artifact, granted.partSize, rest, options, ctx);
    done.push(...uploaded);
    if (!expired) break;
    if (grants === GRANTS)
      throw new JobFailure('upload_failed', say`Storage rejected the upload grants for ${name}`);
  }
  const parts = done.sort((a, b) => a.partNumber - b.partNumber);
  const answer = await askUntilAnswered({ type: 'uploaded', attempt, name, parts }, options, ctx);
  if (answer.type !== 'upload_done') throw refused(artifact, answer);
}

/** A question that is not numbered yet: each time it is asked counts as one of its own. */
type Question = UploadQuestion extends infer One
  ? One extends UploadQuestion
    ? Omit<One, 'request'>
    : never
  : never;

/** Asks, and asks again while the edge reports a temporary failure of the storage. */
async function askUntilAnswered(
  question: Question,
  { connection, journal, backoff }: UploadOptions,
  { signal }: StepContext,
): Promise<UploadAnswer> {
  return retry(() => untilAborted(connection.ask({ ...question, request: randomUUID() }), signal), {
    isTransient: (answer) => answer.type === 'upload_refused' && answer.again === true && !isBaseGone(answer),
    pauseAfter: pausesOf(backoff),
    onRetry: (answer, tries) =>
      journal.warn('Storage failed', { artifact: question.name, tries, problem: messageOf(answer) }),
    signal,
  });
}

/** The waits between tries. */
const pausesOf =
  (backoff: BackoffPolicy = BACKOFF) =>
  (tries: number) =>
    tries < TRIES ? fullJitter(tries - 1, backoff) : undefined;

const messageOf = (answer: UploadAnswer): string | undefined =>
  answer.type === 'upload_refused' ? answer.message : undefined;

const isBaseGone = (answer: UploadAnswer): boolean =>
  answer.type === 'upload_refused' && answer.message.startsWith(SITE_BASE_GONE);

function refused({ name, site }: CollectedArtifact, answer: UploadAnswer & { message?: string }): Error {
  if (site !== undefined && isBaseGone(answer)) return new BaseGone();
  return new JobFailure(
    'upload_failed',
    say`${name} was not accepted: ${answer.message ?? `unexpected ${answer.type}`}`,
  );
}

/**
 * Uploads parts, a few at a time.
 * @returns the parts that storage has now, and whether a grant expired before the rest was put
 */
async function putParts(
  artifact: CollectedArtifact,
  partSize: number,
  parts: readonly PartGrant[],
  options: UploadOptions,
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
  options: UploadOptions,
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
  throw new JobFailure('upload_failed', say`Storage did not accept ${artifact.name}: ${outcome.problem}`);
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
