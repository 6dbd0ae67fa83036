/** Uploads artifacts straight into storage, part by part. */
import { randomUUID } from 'node:crypto';
import {
  type DeploymentToRunner,
  formatBytes,
  formatElapsed,
  type RunnerToDeployment,
  SITE_BASE_GONE,
  type UploadedPart,
} from '@appflux/protocol';
import type { Journal } from '../journal.ts';
import { own, say } from '../masking/sentence.ts';
import { retry } from '../retry.ts';
import { type CollectedArtifact, JobFailure, type StepContext } from '../step-context.ts';
import { untilAborted } from '../stop.ts';
import { inSpan } from '../tracing/trace.ts';
import { type PartsOptions, pausesOf, putParts, UploadGone } from './upload-parts.ts';

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

/** What an upload needs besides the file. */
export interface UploadTools extends PartsOptions {
  readonly connection: UploadConnection;
  readonly attempt: number;
}

export interface UploadOptions extends UploadTools {
  /** Packs a site again after the edge has refused its base. */
  readonly repacked: (artifact: CollectedArtifact, ctx: StepContext) => Promise<CollectedArtifact>;
}

/** The edge no longer has the publication that the pack of a site continues. */
class BaseGone extends Error {}

/** How often the same site is packed again. */
const REPACKS = 3;

/** How often new grants are requested when the present ones have expired. */
const GRANTS = 3;

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
      await uploadOne(current, options, ctx);
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

/**
 * Uploads an artifact. The edge may lose a pack between its upload and the report of it; only the pack of a site is
 * uploaded again then, because other artifacts are kept. If the edge had joined the parts, and only its answer was lost,
 * storage takes no part again: then the same parts are reported again.
 */
export async function uploadOne(
  artifact: CollectedArtifact,
  options: UploadTools,
  ctx: StepContext,
): Promise<void> {
  let reported: UploadedPart[] | null = null;
  const uploadOnce = async (): Promise<UploadAnswer> => {
    try {
      reported = await putAll(artifact, options, ctx);
    } catch (error) {
      if (!(error instanceof UploadGone) || reported === null) throw error;
    }
    return report(artifact, reported, options, ctx);
  };
  const answer = await retry(uploadOnce, {
    isTransient: (last) => artifact.site !== undefined && isTemporary(last),
    pauseAfter: pausesOf(options.backoff),
    onRetry: (last, tries) => logRefusal(artifact.name, last, tries, options.journal),
    signal: ctx.signal,
  });
  if (answer.type !== 'upload_done') throw refused(artifact, answer);
}

/** Puts all bytes of an artifact into storage. Gives its parts in their order. */
async function putAll(
  artifact: CollectedArtifact,
  options: UploadTools,
  ctx: StepContext,
): Promise<UploadedPart[]> {
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
  return done.sort((a, b) => a.partNumber - b.partNumber);
}

/** Reports the parts of an artifact, and gives the answer: for a site, also one that is temporary. */
async function report(
  { name, site }: CollectedArtifact,
  parts: UploadedPart[],
  options: UploadTools,
  ctx: StepContext,
): Promise<UploadAnswer> {
  const { attempt, connection } = options;
  const question = { type: 'uploaded', attempt, name, parts } as const;
  if (site === undefined) return askUntilAnswered(question, options, ctx);
  return untilAborted(connection.ask({ ...question, request: randomUUID() }), ctx.signal);
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
  { connection, journal, backoff }: UploadTools,
  { signal }: StepContext,
): Promise<UploadAnswer> {
  return retry(() => untilAborted(connection.ask({ ...question, request: randomUUID() }), signal), {
    isTransient: (answer) => answer.type === 'upload_refused' && answer.again === true && !isBaseGone(answer),
    pauseAfter: pausesOf(backoff),
    onRetry: (answer, tries) => logRefusal(question.name, answer, tries, journal),
    signal,
  });
}

/** Whether asking again later may help. */
const isTemporary = (answer: UploadAnswer): boolean =>
  answer.type === 'upload_refused' && answer.again === true && !isBaseGone(answer);

function logRefusal(artifact: string, answer: UploadAnswer, tries: number, journal: Journal): void {
  const problem = answer.type === 'upload_refused' ? answer.message : undefined;
  journal.warn('Storage failed', { artifact, tries, problem });
}

const isBaseGone = (answer: UploadAnswer): boolean =>
  answer.type === 'upload_refused' && answer.message.startsWith(SITE_BASE_GONE);

function refused({ name, site }: CollectedArtifact, answer: UploadAnswer & { message?: string }): Error {
  if (site !== undefined && isBaseGone(answer)) return new BaseGone();
  return new JobFailure(
    'upload_failed',
    say`${name} was not accepted: ${answer.message ?? `unexpected ${answer.type}`}`,
  );
}
