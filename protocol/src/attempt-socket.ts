/**
 * Between a runner and the deployment it builds: one WebSocket for each attempt to `GET
 * /api/deployments/:id/attempts/:attempt/connect`, authorized by the runner's credential and the lease token. Every
 * frame from the runner carries the attempt as a fencing token: a stale one ends the connection.
 */
import { z } from 'zod';
import { CommitHash } from './app-source.ts';
import { ArtifactMeta, ArtifactName, Plan } from './deployment.ts';
import { Failure } from './failure.ts';
import { ObjectId, Sha256, Timestamp } from './ids.ts';
import { LogLine } from './log.ts';
import { Phase } from './phase.ts';
import { DETAILS, Icon, NotesSource, ReleaseNotes } from './release-details.ts';
import { SITE_BASE } from './site.ts';
import { SIZE_BUDGETS, SizeBudgets } from './size-budget.ts';
import { PartGrant, UploadedPart } from './upload.ts';

/** Header that carries the grant's lease token. */
export const LEASE_TOKEN_HEADER = 'X-AppFlux-Lease';

/**
 * Header in which a runner names the types of frames that it accepts besides those of version 0.1.0, separated by
 * commas.
 */
export const ACCEPTS_HEADER = 'X-AppFlux-Accepts';

/** The frame that says whether anyone follows the log. */
export const WATCHED = 'watched';

/** The most lines of one frame or request. */
const MAX_LINES = 5000;

const attempt = z.int().min(1);
/** Chosen by the runner to match an answer to its request; repeating a request with the same id is harmless. */
const request = z.string().min(1).max(60);

/** How an attempt ended, as the runner reports it. */
export const AttemptResult = z.discriminatedUnion('status', [
  /** With more than MAX_ARTIFACTS the deployment fails, with advice. */
  z.strictObject({ status: z.literal('success'), artifacts: z.array(ArtifactName).min(1).max(10_000) }),
  z.strictObject({ status: z.literal('failed'), failure: Failure }),
  z.strictObject({ status: z.literal('canceled') }),
  /** The project's own `ignoreCommand` reported that there is nothing to do: ends the deployment as canceled. */
  z.strictObject({ status: z.literal('skipped'), reason: z.string().min(1).max(500) }),
]);
export type AttemptResult = z.infer<typeof AttemptResult>;

export const RunnerToDeployment = z.discriminatedUnion('type', [
  /** Lines in order, numbered on from the last one acked. Passed on to viewers unchanged. */
  z.strictObject({ type: z.literal('lines'), attempt, lines: z.array(LogLine).min(1).max(MAX_LINES) }),
  /**
   * Asks the edge to write what it has received, and to ack it. The edge gathers lines as long as it can, because
   * each write is billed: only the runner knows whether more are coming, and what waits for the ack.
   */
  z.strictObject({ type: z.literal('sync'), attempt }),
  z.strictObject({ type: z.literal('phase'), attempt, phase: Phase, at: Timestamp }),
  /** What detection found in the source. */
  z.strictObject({
    type: z.literal('source'),
    attempt,
    commitHash: CommitHash.nullable(),
    commitMessage: z.string().max(2000).nullable(),
    branch: z.string().max(255).nullable(),
  }),
  z.strictObject({ type: z.literal('plan'), attempt, plan: Plan, version: z.string().max(100).nullable() }),
  /** Asks where to upload an artifact. */
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
  /** All bytes of that artifact are uploaded. */
  z.strictObject({
    type: z.literal('uploaded'),
    attempt,
    request,
    name: ArtifactName,
    parts: z.array(UploadedPart).min(1).max(10_000),
  }),
  /**
   * Asks for the publication that a site of this branch should continue. Only sent to an edge whose `welcome` accepts
   * it.
   */
  z.strictObject({ type: z.literal(SITE_BASE), attempt, request, branch: z.string().max(255).nullable() }),
  /** What the download page shows besides files. Only sent to an edge whose `welcome` accepts it. */
  z.strictObject({
    type: z.literal(DETAILS),
    attempt,
    notes: ReleaseNotes.extend({ source: NotesSource.exclude(['typed']) }).nullable(),
    icon: Icon.nullable(),
  }),
  /**
   * The size budgets of `appflux.json`, before anything is uploaded. Only sent to an edge whose `welcome` accepts it.
   */
  z.strictObject({ type: z.literal(SIZE_BUDGETS), attempt, budgets: SizeBudgets.min(1) }),
  z.strictObject({ type: z.literal('finish'), attempt, result: AttemptResult }),
]);
export type RunnerToDeployment = z.infer<typeof RunnerToDeployment>;

/**
 * Body of `POST /api/deployments/:id/attempts/:attempt/lines`: lines of an attempt that its runner no longer runs, as
 * it had numbered them and kept them on disk. Only the runner that had the attempt may send them, by its credential.
 * A request may be repeated; lines that are stored already are skipped.
 */
export const RecoveredLines = z.strictObject({
  /** In order, without gaps. None, to ask how far the attempt's lines are stored. */
  lines: z.array(LogLine).max(MAX_LINES),
  /** The runner has no further lines of this attempt. */
  complete: z.boolean(),
});
export type RecoveredLines = z.infer<typeof RecoveredLines>;

/** The last line of the attempt, by its runner's numbering, that is stored or will never be: continue with the next. */
export const RecoveredSeq = z.object({ seq: z.int().min(0) });
export type RecoveredSeq = z.infer<typeof RecoveredSeq>;

/** The manifest of the publication to continue: a presigned GET, and the size and SHA-256 of its bytes. */
export const SiteBase = z.object({
  deploymentId: ObjectId,
  url: z.url(),
  size: z.int().positive(),
  sha256: Sha256,
});
export type SiteBase = z.infer<typeof SiteBase>;

export const DeploymentToRunner = z.discriminatedUnion('type', [
  /** First frame on every connection: the last line that is stored; continue with the next. */
  z.object({
    type: z.literal('welcome'),
    ackedSeq: z.int().min(0),
    canceling: z.boolean(),
    /** What the edge takes besides the frames of version 0.1.0: types of frames, and SBOM. */
    accepts: z.array(z.string()).optional(),
  }),
  /** Every line up to `seq` is stored; cumulative. */
  z.object({ type: z.literal('ack'), seq: z.int().min(0) }),
  /** A batch left a gap: send again from `from`. */
  z.object({ type: z.literal('resume'), from: z.int().min(1) }),
  /**
   * Whether anyone follows the log now, who should see lines sooner than is cheap. Sent when that changes; on a new
   * connection nobody does until it is sent. Only sent to a runner that accepts it (ACCEPTS_HEADER).
   */
  z.object({ type: z.literal(WATCHED), watched: z.boolean() }),
  /** PUT part N's bytes (from `(N-1) * partSize`) to its URL. */
  z.object({
    type: z.literal('upload_granted'),
    request: z.string(),
    partSize: z.int().positive(),
    parts: z.array(PartGrant),
  }),
  /** The artifact is in storage with its size. */
  z.object({ type: z.literal('upload_done'), request: z.string() }),
  z.object({
    type: z.literal('upload_refused'),
    request: z.string(),
    message: z.string(),
    /**
     * Storage failed, not the upload: asking again later may help. With a message that begins with SITE_BASE_GONE, the
     * same pack is refused again, and the runner has to pack again.
     */
    again: z.boolean().optional(),
  }),
  /** Answers the question for a base; null if the app has none. The base is kept until the attempt is over. */
  z.object({ type: z.literal(SITE_BASE), request: z.string(), base: SiteBase.nullable() }),
  z.object({ type: z.literal('cancel'), reason: z.string() }),
  /** The result is stored; nothing more is expected of this attempt. */
  z.object({ type: z.literal('finished'), status: z.string() }),
]);
export type DeploymentToRunner = z.infer<typeof DeploymentToRunner>;
