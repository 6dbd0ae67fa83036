/** What a deployment's object remembers: what was asked for, and how it stands. Times are Unix milliseconds. */
import type {
  AppType,
  BuildSettings,
  CloneDepth,
  Creator,
  DeploymentSite,
  DeploymentStatus,
  Environment,
  ExecutorKind,
  Failure,
  JobLimits,
  Phase,
  Plan,
  PullRequestRef,
  ReleaseDetails,
  SizeBudget,
  SizeBudgetResult,
  Skipped,
  Trigger,
} from '@appflux/protocol';
import type { ArtifactRecord, SbomRecord, SealedFile, SealedVariable } from '../metadata/metadata.ts';
import { UPLOAD_SECONDS } from '../storage/presigner.ts';

/** Where the code comes from, as it was when the deployment was asked for. */
export type SpecSource =
  | {
      kind: 'upload';
      uploadId: string;
      key: string;
      name: string;
      size: number;
      sha256: string | null;
      rootDirectory: string;
      /** The branch that its owner says it is of. */
      branch?: string;
    }
  | {
      kind: 'git';
      repoUrl: string;
      branch: string;
      commit: string | null;
      rootDirectory: string;
      /** How many commits are fetched. Absent in older records, which get one. */
      depth?: CloneDepth;
    }
  | PrebuiltSource;

/** An output that was built elsewhere. Branch and commit are what its owner says that it was built from. */
export interface PrebuiltSource {
  kind: 'prebuilt';
  branch: string | null;
  commit: string | null;
  rootDirectory: string;
}

/** Everything a build needs, fixed at creation: a later change of the App does not reach into it. */
export interface Spec {
  id: string;
  ownerId: string;
  app: { id: string; slug: string; name: string };
  trigger: Trigger;
  /** Absent in deployments that are older than these members, as are those that follow. */
  creator?: Creator;
  pullRequest?: PullRequestRef;
  /** The tag that it is built from. */
  tag?: string;
  /** The commit's message, as the trigger gave it. */
  commitMessage?: string;
  /** Why nothing is built. */
  skipped?: Skipped;
  /** Nobody builds it before it is approved. */
  approval?: 'required';
  /** It is built from a fork, by people outside of the team: it never gets variables, files or a cache. */
  isUntrusted?: true;
  environment: Environment;
  source: SpecSource;
  build: BuildSettings;
  /** Null leaves it to detection. */
  type: AppType | null;
  /** Sealed; opened when a claim is granted. */
  variables: Record<string, SealedVariable>;
  /** Sealed like variables. Absent in deployments that are older than files. */
  files?: Record<string, SealedFile>;
  limits: JobLimits;
  /** Limits for the size of what it publishes; without them those of `appflux.json`. Absent in older records. */
  budgets?: SizeBudget[];
  maxAttempts: number;
  clearCache: boolean;
  buildNumber: number;
  createdAt: number;
}

/** A runner's exclusive right to the current attempt. */
export interface Lease {
  runner: { id: string; name: string };
  token: string;
  expiresAt: number;
  /** The runner's socket is believed to be open. False from the moment its close was seen. */
  connected: boolean;
  /**
   * Whether the runner may have lines of this attempt that it has not sent. Absent until it has connected, and in
   * records that are older than this.
   */
  output?: 'open' | 'complete';
}

export interface State {
  status: DeploymentStatus;
  phase: Phase | null;
  phases: { phase: Phase; startedAt: number; finishedAt: number | null }[];
  /** Since when it waits for another attempt. Absent before the first one is lost. */
  queuedAt?: number;
  attempt: number;
  /** How many attempts runners have returned because they were stopped. Absent before the first, and in older records. */
  returned?: number;
  /** The approval that it needs. Absent if it needs none. `at` is when it was approved. */
  approval?: { state: 'required'; by: null } | { state: 'approved'; by: string; at: number };
  /** The pull request that was opened after it was created. */
  pullRequest?: PullRequestRef;
  /** That it has been waiting for long, or for approval. Absent if it isn't. */
  waiting?: { reason: 'runner' | 'approval'; since: number };
  lease: Lease | null;
  /** The runner of the current or last attempt; null for a prebuilt output. */
  runner: { id: string; name: string } | null;
  /** Where that runner builds, by its registration. Absent in older records. */
  executor?: ExecutorKind;
  startedAt: number | null;
  finishedAt: number | null;
  /** When the whole of it, over all attempts, must be over. Set at the first claim. */
  deadlineAt: number | null;
  /** When to stop waiting for a runner's confirmation of a cancellation. */
  cancelBy: number | null;
  cancelReason: string | null;
  commitHash: string | null;
  commitMessage: string | null;
  branch: string | null;
  plan: Plan | null;
  version: string | null;
  /** What the download page shows besides files. Absent until the attempt says it, and in records that are older than this. */
  details?: ReleaseDetails;
  /** The size budgets of `appflux.json`. Absent without them, and in older records. */
  sourceBudgets?: SizeBudget[];
  /** How what it delivered compares with its budgets. Absent before it was checked, without budgets, and in older records. */
  budgets?: SizeBudgetResult[];
  failure: Failure | null;
  artifacts: ArtifactRecord[];
  /** Its bill of materials. Absent while there is none, and in older records. */
  sbom?: SbomRecord;
  /** What it published as a site. Absent before it did, and in records that are older than sites. */
  site?: DeploymentSite | null;
  /** Where the whole log lies, once it is archived. */
  logKey: string | null;
}

/** How a deployment begins. */
export function initialState(spec: Spec): State {
  const { source } = spec;
  return {
    ...(spec.approval === undefined
      ? {}
      : {
          approval: { state: 'required', by: null } as const,
          waiting: { reason: 'approval', since: spec.createdAt } as const,
        }),
    status: spec.skipped === undefined ? 'queued' : 'canceled',
    phase: null,
    phases: [],
    attempt: 0,
    lease: null,
    runner: null,
    startedAt: null,
    finishedAt: spec.skipped === undefined ? null : spec.createdAt,
    deadlineAt: null,
    cancelBy: null,
    cancelReason: spec.skipped?.reason ?? null,
    commitHash: source.kind === 'upload' ? null : source.commit,
    commitMessage: spec.commitMessage ?? null,
    branch: source.branch ?? null,
    plan: null,
    version: null,
    failure: null,
    artifacts: [],
    logKey: null,
  };
}

/** The size budgets that count: the app's, or else those of `appflux.json`. */
export const budgetsOf = ({ budgets = [] }: Spec, { sourceBudgets = [] }: State): readonly SizeBudget[] =>
  budgets.length > 0 ? budgets : sourceBudgets;

/** Whether it waits for approval, and is offered to nobody until then. */
export const isHeld = ({ status, approval }: State): boolean =>
  status === 'queued' && approval?.state === 'required';

/** Whether the pool gets it now: it waits for a runner. A prebuilt output has its deliverer. */
export const isOffered = ({ source }: Pick<Spec, 'source'>, state: State): boolean =>
  state.status === 'queued' && !isHeld(state) && source.kind !== 'prebuilt';

/**
 * Until when a runner of this deployment may hold an address that it can still PUT a file to, in Unix milliseconds;
 * null when none is good at `now`. They are given while an attempt lasts.
 */
export function uploadsUntil({ attempt, finishedAt }: State, now: number): number | null {
  const until = (finishedAt ?? now) + UPLOAD_SECONDS * 1000;
  return attempt > 0 && until > now ? until : null;
}
