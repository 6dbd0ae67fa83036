/** Deployments: one build of one App at one commit or upload. */
import { z } from 'zod';
import { AppType } from './app.ts';
import { BranchName, CommitHash } from './app-source.ts';
import { BuildCandidates } from './candidate.ts';
import { Failure } from './failure.ts';
import { Environment, ObjectId, Sha256, Slug, Timestamp } from './ids.ts';
import { PageQuery } from './page.ts';
import { Phase } from './phase.ts';
import { ServerPlan } from './server-site.ts';
import { DeploymentSite } from './site.ts';
import { SizeBudgetResult } from './size-budget.ts';
import { MAX_PLAN_TOOLS } from './sizes.ts';
import { Approval, Creator, PullRequestRef, Skipped, Waiting } from './trigger.ts';

export const DeploymentStatus = z.enum(['queued', 'building', 'success', 'failed', 'canceling', 'canceled']);
export type DeploymentStatus = z.infer<typeof DeploymentStatus>;

/** The final states. */
export const ENDED: ReadonlySet<DeploymentStatus> = new Set(['success', 'failed', 'canceled']);

/** Whether a deployment in this state has ended permanently. */
export const hasEnded = (status: DeploymentStatus): boolean => ENDED.has(status);

export const Trigger = z.enum(['manual', 'push', 'upload', 'hook', 'pull_request', 'schedule']);
export type Trigger = z.infer<typeof Trigger>;

export const PackageManager = z.enum(['npm', 'pnpm', 'yarn', 'bun']);
export type PackageManager = z.infer<typeof PackageManager>;

/** What detection decided, and why. */
export const Plan = z
  .strictObject({
    type: AppType,
    framework: z.string().max(60).nullable(),
    packageManager: PackageManager.nullable(),
    image: z.string().max(200),
    /** The image when it was built: the digest by which the engine identifies it. */
    imageDigest: z.string().max(100).optional(),
    /** The tools of that image: a version for each. */
    tools: z
      .record(z.string().max(40), z.string().max(60))
      .refine((tools) => Object.keys(tools).length <= MAX_PLAN_TOOLS, {
        message: `A plan can name ${MAX_PLAN_TOOLS} tools at most`,
      })
      .optional(),
    node: z.string().max(40).nullable(),
    /** The major version of Java that the project asks for, if it asks for one. */
    java: z.string().max(10).optional(),
    /** The version, range or channel of Flutter that the project asks for, if it asks for one. */
    flutter: z.string().max(40).optional(),
    installCommand: z.string().max(2000).nullable(),
    buildCommand: z.string().max(2000).nullable(),
    outputs: z.array(z.string().max(512)).max(50),
    /** Set for a site that is published with its server. */
    server: ServerPlan.optional(),
    /** A sentence for each decision, in order. */
    reasons: z.array(z.string().max(500)).max(50),
    /** The alternatives for building the source, if any. */
    alternatives: BuildCandidates.optional(),
  })
  .meta({ id: 'Plan' });
export type Plan = z.infer<typeof Plan>;

/**
 * A file name that is safe in a URL, a header and any file system: no separator, no control character, no leading
 * dot, no unpaired surrogate.
 */
export const ArtifactName = z
  .string()
  .min(1)
  .max(200)
  .regex(
    /^(?![.\s])[^\p{Cc}\p{Cf}\p{Cs}/\\:*?"<>|]+(?<![.\s])$/u,
    'An artifact name must be a plain file name',
  );

/** Facts about an artifact that a page may show, such as an APK's label. */
export const ArtifactMeta = z.record(
  z.string().max(60),
  z.union([z.string().max(500), z.number(), z.boolean()]),
);

export const Artifact = z
  .strictObject({
    name: ArtifactName,
    size: z.int().min(0),
    sha256: Sha256,
    contentType: z.string().max(200),
    url: z.url(),
    meta: ArtifactMeta,
  })
  .meta({ id: 'Artifact' });
export type Artifact = z.infer<typeof Artifact>;

/** A phase of the current attempt, in progress or completed. */
export const PhaseSpan = z
  .strictObject({ phase: Phase, startedAt: Timestamp, finishedAt: Timestamp.nullable() })
  .meta({ id: 'PhaseSpan' });
export type PhaseSpan = z.infer<typeof PhaseSpan>;

export const Deployment = z
  .strictObject({
    id: ObjectId,
    appId: ObjectId,
    app: z.strictObject({ slug: Slug, name: z.string() }),
    /** Counts the app's deployments from 1; 0 if it is unknown. */
    number: z.int().min(0),
    status: DeploymentStatus,
    phase: Phase.nullable(),
    /** The phases of the current attempt, in order, with their times. */
    phases: z.array(PhaseSpan),
    /** Why a queued deployment waits; null if it does not. */
    waitingFor: z.string().nullable(),
    /** That it has been waiting for long, or for approval. */
    waiting: Waiting.nullable(),
    trigger: Trigger,
    /** Null for deployments of earlier versions. */
    creator: Creator.nullable(),
    pullRequest: PullRequestRef.nullable(),
    /** Why a trigger made no build of it: then it is canceled, and never had an attempt. */
    skipped: Skipped.nullable(),
    /** The approval that a fork's deployment needs. */
    approval: Approval.nullable(),
    /** The tag that it was built from. */
    tag: z.string().nullable(),
    commitHash: z.string().nullable(),
    commitMessage: z.string().nullable(),
    branch: z.string().nullable(),
    /** The name of the ZIP that it was built from; null if it was built from a repository. */
    uploadName: z.string().nullable(),
    /** Its output was built elsewhere and delivered as it was: no runner built it. */
    prebuilt: z.boolean().default(false),
    environment: Environment,
    version: z.string().nullable(),
    attempt: z.int().min(0),
    runner: z.strictObject({ id: ObjectId, name: z.string() }).nullable(),
    plan: Plan.nullable(),
    failure: Failure.nullable(),
    artifacts: z.array(Artifact),
    /** The first artifact's URL; null if there is none or it was removed. */
    artifactUrl: z.url().nullable(),
    /** What it published as a site; null if it is none, and for deployments of earlier versions. */
    site: DeploymentSite.nullable(),
    /** How what it publishes compares with its size budgets. Empty without budgets, and before it is published. */
    budgets: z.array(SizeBudgetResult).default([]),
    /** The URL of a picture of its site; null if there is none. It needs a token, like the deployment itself. */
    picture: z.url().nullable().default(null),
    /** Why no picture of its site could be taken; null if there is one, or nobody has tried. */
    pictureError: z.string().nullable().default(null),
    urls: z.strictObject({
      self: z.url(),
      logs: z.url(),
      live: z.url(),
      page: z.url().optional(),
      /** The URL of this deployment's site. */
      site: z.url().optional(),
      /** The URL of the newest successful site of its branch. */
      branch: z.url().optional(),
      /** Its signed provenance; only of a success. */
      attestation: z.url().optional(),
      /** Its bill of materials, if it has one. */
      sbom: z.url().optional(),
      /** Its trace, if the instance sends traces and says where they are shown. */
      trace: z.url().optional(),
    }),
    createdAt: Timestamp,
    startedAt: Timestamp.nullable(),
    finishedAt: Timestamp.nullable(),
    durationSeconds: z.number().nullable(),
    /** Keeps its artifacts and its log, regardless of the app's retention. */
    pinned: z.boolean(),
    /** Whether its app's public URL leads to it. Given in lists. */
    current: z.boolean().optional(),
    /** When this preview was promoted to production; null if it wasn't. */
    promotedAt: Timestamp.nullable(),
    /** When retention removed the artifacts. The list of them stays, but they can't be downloaded. */
    artifactsRemovedAt: Timestamp.nullable(),
    logRemovedAt: Timestamp.nullable(),
  })
  .meta({ id: 'Deployment' });
export type Deployment = z.infer<typeof Deployment>;

export const CreateDeployment = z
  .strictObject({
    branch: BranchName.optional(),
    commit: CommitHash.optional(),
    uploadId: ObjectId.optional(),
    clearCache: z.boolean().optional(),
    environment: Environment.optional(),
    /**
     * The caller delivers an output that was built elsewhere. The answer has a grant (prebuilt.ts); `branch` and
     * `commit` only say what it was built from.
     */
    prebuilt: z.literal(true).optional(),
  })
  .meta({ id: 'CreateDeployment' });
export type CreateDeployment = z.infer<typeof CreateDeployment>;

/** `POST /api/deploy`: the same with the app in the body, by id or by slug. */
export const Deploy = z
  .strictObject({
    appId: ObjectId.optional(),
    app: Slug.optional(),
    source: z
      .strictObject({
        uploadId: ObjectId.optional(),
        branch: BranchName.optional(),
        commit: CommitHash.optional(),
      })
      .optional(),
  })
  .refine((body) => (body.appId === undefined) !== (body.app === undefined), {
    message: 'Specify the app: either appId or app (its slug)',
    path: ['appId'],
  })
  .meta({ id: 'Deploy' });
export type Deploy = z.infer<typeof Deploy>;

/** `redeploy` with `latest` builds the branch's newest commit instead of the same one. */
export const Redeploy = z
  .strictObject({ clearCache: z.boolean().optional(), latest: z.boolean().optional() })
  .meta({ id: 'Redeploy' });
export type Redeploy = z.infer<typeof Redeploy>;

/** Response of `POST /api/deploy`. */
export const Deployed = Deployment.extend({ success: z.literal(true), deploymentId: ObjectId });
export type Deployed = z.infer<typeof Deployed>;

/** Query of a list of deployments. */
export const DeploymentsQuery = PageQuery.extend({
  status: DeploymentStatus.optional(),
  /** `exclude` leaves out deployments that were skipped, `only` lists nothing else. */
  skipped: z.enum(['exclude', 'only']).optional(),
  branch: BranchName.optional(),
  environment: Environment.optional(),
  /** The name of who or what created it, as in `creator.name`. */
  creator: z.string().min(1).max(320).optional(),
  /** The number of a pull request. */
  pullRequest: z.coerce.number().pipe(z.int().min(1)).optional(),
});

export const ArtifactList = z.strictObject({ items: z.array(Artifact) });

/** The release that is replaced, or null for none. If it is another one by now, nothing changes: `release_changed`. */
const From = ObjectId.nullable().optional();

/** Body of `POST /api/apps/:slug/release`. */
export const ReleaseDeployment = z.strictObject({ deploymentId: ObjectId, from: From });
export type ReleaseDeployment = z.infer<typeof ReleaseDeployment>;

/** Body of `POST /api/deployments/:id/promote`: `force` promotes it although production's variables are others. */
export const PromoteDeployment = z
  .strictObject({ force: z.boolean().optional(), from: From })
  .meta({ id: 'PromoteDeployment' });
export type PromoteDeployment = z.infer<typeof PromoteDeployment>;

/** How long a signed link to an artifact is valid, in seconds: a minute to a week. */
export const LINK_SECONDS = { least: 60, most: 7 * 24 * 3600 } as const;

/** Body of `POST /api/deployments/:id/links`. */
export const CreateArtifactLink = z
  .strictObject({
    name: ArtifactName,
    expiresInSeconds: z.int().min(LINK_SECONDS.least).max(LINK_SECONDS.most),
  })
  .meta({ id: 'CreateArtifactLink' });
export type CreateArtifactLink = z.infer<typeof CreateArtifactLink>;

/** A signed link to an artifact: anyone who has it can download the file until it expires. */
export const ArtifactLink = z
  .strictObject({ url: z.url(), expiresAt: Timestamp })
  .meta({ id: 'ArtifactLink' });
export type ArtifactLink = z.infer<typeof ArtifactLink>;
