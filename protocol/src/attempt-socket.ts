/**
 * Between a runner and the deployment it builds: one WebSocket for each attempt to
 * `GET /api/deployments/:id/attempts/:attempt/connect`, authorised by the runner's credential and the
 * lease token. Every frame up carries the attempt, which is the fence: a stale one ends the connection.
 */
import { z } from 'zod';
import { CommitHash } from './app.ts';
import { ArtifactMeta, ArtifactName, Plan } from './deployment.ts';
import { Failure } from './failure.ts';
import { Sha256, Timestamp } from './ids.ts';
import { LogLine } from './log.ts';
import { Phase } from './phase.ts';
import { PartGrant, UploadedPart } from './upload.ts';

/** Header that carries the grant's lease token. */
export const LEASE_TOKEN_HEADER = 'X-AppFlux-Lease';

const attempt = z.int().min(1);
/** Chosen by the runner to match an answer to its question; asking again with the same one is harmless. */
const request = z.string().min(1).max(60);

/** How an attempt ended, in the runner's words. */
export const AttemptResult = z.discriminatedUnion('status', [
  /** Of more than MAX_ARTIFACTS the deployment fails, with advice. */
  z.strictObject({ status: z.literal('success'), artifacts: z.array(ArtifactName).min(1).max(10_000) }),
  z.strictObject({ status: z.literal('failed'), failure: Failure }),
  z.strictObject({ status: z.literal('canceled') }),
  /** The project's own `ignoreCommand` said that there is nothing to do: ends the deployment as canceled. */
  z.strictObject({ status: z.literal('skipped'), reason: z.string().min(1).max(500) }),
]);
export type AttemptResult = z.infer<typeof AttemptResult>;

export const RunnerToDeployment = z.discriminatedUnion('type', [
  /** Lines in order, numbered on from the last one acked. Passed on to viewers exactly as it came. */
  z.strictObject({ type: z.literal('lines'), attempt, lines: z.array(LogLine).min(1).max(5000) }),
  /**
   * What has come is to be written down now, and acked. The edge gathers lines for as long as it can, because each
   * write costs: only the runner knows whether more are coming, and what waits for the ack.
   */
  z.strictObject({ type: z.literal('sync'), attempt }),
  z.strictObject({ type: z.literal('phase'), attempt, phase: Phase, at: Timestamp }),
  /** What the source turned out to be. */
  z.strictObject({
    type: z.literal('source'),
    attempt,
    commitHash: CommitHash.nullable(),
    commitMessage: z.string().max(2000).nullable(),
    branch: z.string().max(255).nullable(),
  }),
  z.strictObject({ type: z.literal('plan'), attempt, plan: Plan, version: z.string().max(100).nullable() }),
  /** Asks where an artifact's bytes go. */
  z.strictObject({
    type: z.literal('upload'),
    attempt,
    request,
    name: ArtifactName,
    size: z.int().min(0),
    sha256: Sha256,
    contentType: z.string().min(1).max(200),
    meta: ArtifactMeta,
  }),
  /** All bytes of that artifact are put. */
  z.strictObject({
    type: z.literal('uploaded'),
    attempt,
    request,
    name: ArtifactName,
    parts: z.array(UploadedPart).min(1).max(10_000),
  }),
  z.strictObject({ type: z.literal('finish'), attempt, result: AttemptResult }),
]);
export type RunnerToDeployment = z.infer<typeof RunnerToDeployment>;

export const DeploymentToRunner = z.discriminatedUnion('type', [
  /** First frame on every connection: the last line that is safe; go on from the next. */
  z.object({ type: z.literal('welcome'), ackedSeq: z.int().min(0), canceling: z.boolean() }),
  /** Every line up to `seq` is written down; cumulative. */
  z.object({ type: z.literal('ack'), seq: z.int().min(0) }),
  /** A batch left a gap: send again from `from`. */
  z.object({ type: z.literal('resume'), from: z.int().min(1) }),
  /** PUT part N's bytes (from `(N-1) * partSize`) to its URL. */
  z.object({
    type: z.literal('upload_granted'),
    request: z.string(),
    partSize: z.int().positive(),
    parts: z.array(PartGrant),
  }),
  /** The artifact lies in storage with its size. */
  z.object({ type: z.literal('upload_done'), request: z.string() }),
  z.object({
    type: z.literal('upload_refused'),
    request: z.string(),
    message: z.string(),
    /** Storage was at fault, not the upload: asking again later may help. */
    again: z.boolean().optional(),
  }),
  z.object({ type: z.literal('cancel'), reason: z.string() }),
  /** The result is written down; nothing more is expected of this attempt. */
  z.object({ type: z.literal('finished'), status: z.string() }),
]);
export type DeploymentToRunner = z.infer<typeof DeploymentToRunner>;
