/**
 * Creates deployments: everything a build needs becomes a Spec, and its object starts, which offers the job by itself. What
 * does not depend on one another is asked side by side (bench/round-trips.test.ts counts).
 */
import {
  AppFluxError,
  type AuditActor,
  type BuildSettings,
  type CreateDeployment,
  type Creator,
  type JobLimits,
  type PullRequestRef,
  type Trigger,
} from '@appflux/protocol';
import { note } from '../audit/note.ts';
import { requireDisk } from '../disk/disk.ts';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import type { AppRecord, Metadata } from '../metadata/metadata.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { poolOf } from '../pools/team-pool.ts';
import { trace } from '../tracing/export.ts';
import type { Snapshot } from './answers.ts';
import { againFrom, findSource, requireSource, useSource } from './source.ts';
import { spanOfCreation } from './spans.ts';
import type { Spec, SpecSource } from './state.ts';

const GIB = 1024 ** 3;

/** What a build may use unless its App says otherwise; a runner's own caps win where they are lower. */
export const DEFAULT_LIMITS: JobLimits = {
  memoryBytes: 4 * GIB,
  cpus: 2,
  pids: 2048,
  diskBytes: 10 * GIB,
  timeoutSeconds: 1800,
  logBytes: 64_000_000,
  artifactBytes: 4 * GIB,
};

const MAX_ATTEMPTS = 3;

/** How much of a commit's message is stored, in UTF-16 units; a runner sends as much. */
const MAX_COMMIT_MESSAGE = 2000;

/** When to ask again after `queue_full`. */
const QUEUE_FULL_RETRY_SECONDS = 30;

export interface Parts {
  env: Env;
  metadata: Metadata;
}

/** Who asks for a deployment, and what its trigger knows of it. */
export interface CreateOptions {
  /** `manual` or `upload` unless it is set. */
  trigger?: Trigger;
  creator: Creator;
  /** Who the audit log says did it: the creator unless it is set. */
  actor?: AuditActor;
  idempotencyKey?: string | undefined;
  /** The id of the deployment, chosen by the caller: asking again with it gives the same deployment. */
  id?: string;
  pullRequest?: PullRequestRef;
  /** Built from this tag, at the commit of the input. */
  tag?: string;
  commitMessage?: string;
  /** Nobody builds it before it is approved. What comes from a fork always needs that. */
  approval?: 'required';
  /** It gets no variables, files or cache, and is a preview. What comes from a fork always is. */
  variables?: 'none';
}

/**
 * Creates a deployment of `app`. With an idempotency key, asking again gives the same one; the same key with
 * another input is refused with `idempotency_key_reused`. Throws `queue_full` when too many are waiting.
 */
export async function createDeployment(
  parts: Parts,
  app: AppRecord,
  input: CreateDeployment,
  options: CreateOptions,
): Promise<Snapshot> {
  const { env, metadata } = parts;
  const isUntrusted = options.variables === 'none' || options.pullRequest?.fork === true;
  const needsApproval = options.approval === 'required' || options.pullRequest?.fork === true;
  // None of these needs another's answer, and each is a round trip.
  const secrets = ahead(secretsOf(metadata, app, isUntrusted));
  const room = ahead(needsApproval ? Promise.resolve() : requireRoom(env, app.ownerId));
  const disk = ahead(requireDisk(env));
  const given = options.id === undefined ? null : ahead(existing(parts, options.id));
  const source = await findSource(metadata, app, input);
  const { id, isNew } = await identify(metadata, app, input, options);
  const known = isNew ? null : await (id === options.id ? given : existing(parts, id));
  if (known !== null) return known;
  await room;
  await disk;
  const trigger = options.trigger ?? (source.kind === 'upload' ? 'upload' : 'manual');
  const { pullRequest } = options;
  const spec: Spec = {
    ...(await specOf(metadata, app, { id, source, isUntrusted, pullRequest, secrets: await secrets })),
    ...detailsOf(options),
    ...(needsApproval ? { approval: 'required' } : {}),
    trigger,
    environment: isUntrusted ? 'preview' : (input.environment ?? 'production'),
    clearCache: isUntrusted || (input.clearCache ?? false),
  };
  const actor = options.actor ?? actorOfCreator(options.creator);
  return begin(parts, spec, (created) => noteCreated(metadata, app, created, actor));
}

/**
 * Lists a trigger that made no build: as a deployment that is canceled from the beginning, with its reason (500
 * characters at most), no attempt and no log. A redeploy of it builds it.
 */
export async function createSkipped(
  parts: Parts,
  app: AppRecord,
  input: CreateDeployment,
  options: Omit<CreateOptions, 'approval' | 'idempotencyKey' | 'actor'> & { reason: string },
): Promise<Snapshot> {
  const { metadata } = parts;
  const source = await findSource(metadata, app, input);
  const { id, isNew } = await identify(metadata, app, input, options);
  const known = isNew ? null : await existing(parts, id);
  if (known !== null) return known;
  const isUntrusted = options.variables === 'none' || options.pullRequest?.fork === true;
  // Nobody builds it, and a redeploy takes the variables and files of that time.
  const secrets = { variables: {}, files: {} };
  const { pullRequest } = options;
  const spec = await specOf(metadata, app, { id, source, isUntrusted, pullRequest, secrets });
  return begin(parts, {
    ...spec,
    ...detailsOf(options),
    trigger: options.trigger ?? 'manual',
    environment: isUntrusted ? 'preview' : (input.environment ?? 'production'),
    clearCache: isUntrusted || (input.clearCache ?? false),
    skipped: { reason: options.reason.slice(0, 500) },
  });
}

/** What has been begun, and is waited for later. A failure is thrown there, and nowhere if nobody gets there. */
function ahead<Result>(work: Promise<Result>): Promise<Result> {
  work.catch(() => undefined);
  return work;
}

/** What of a spec comes from the app as it is now. */
async function specOf(
  metadata: Metadata,
  app: AppRecord,
  given: {
    id: string;
    source: SpecSource;
    isUntrusted: boolean;
    pullRequest: PullRequestRef | undefined;
    secrets: Pick<Spec, 'variables' | 'files'>;
  },
): Promise<Omit<Spec, 'trigger' | 'environment' | 'clearCache'>> {
  const { id, isUntrusted, pullRequest, secrets } = given;
  // Anyone who opens a pull request from a fork chooses its branch's name. It must not pass for one of the team's: builds,
  // caches and the URL of a branch go by it.
  const source =
    isUntrusted && given.source.kind === 'git' && pullRequest !== undefined
      ? { ...given.source, branch: `pull/${pullRequest.number}` }
      : given.source;
  const now = Date.now();
  const [buildNumber] = await Promise.all([
    metadata.apps.nextBuildNumber(app.id),
    useSource(metadata, app, source, now),
  ]);
  return {
    id,
    ownerId: app.ownerId,
    app: { id: app.id, slug: app.slug, name: app.name },
    source,
    build: app.build,
    type: app.type,
    ...(isUntrusted ? { isUntrusted } : {}),
    ...secrets,
    limits: limitsOf(app.build),
    budgets: app.budgets,
    maxAttempts: MAX_ATTEMPTS,
    buildNumber,
    createdAt: now,
  };
}

/** The variables and files that a build gets: none if it isn't trusted. */
const secretsOf = async (metadata: Metadata, app: AppRecord, isUntrusted: boolean) =>
  isUntrusted
    ? { variables: {}, files: {} }
    : { variables: app.envVars, files: await metadata.files.sealed(app.id) };

const detailsOf = ({ creator, pullRequest, tag, commitMessage }: Omit<CreateOptions, 'approval'>) => ({
  creator,
  ...(pullRequest === undefined ? {} : { pullRequest }),
  ...(tag === undefined ? {} : { tag }),
  ...(commitMessage === undefined ? {} : { commitMessage: commitMessage.slice(0, MAX_COMMIT_MESSAGE) }),
});

/** Writes into the audit log who asked for a deployment. */
export const noteCreated = (
  metadata: Metadata,
  app: AppRecord,
  { record }: Snapshot,
  actor: AuditActor,
  action: 'deployment.create' | 'deployment.redeploy' = 'deployment.create',
) => note(metadata, app.ownerId, actor, action, { kind: 'deployment', id: record.id, name: app.slug });

/** A deployment's creator, in the audit log. */
export const actorOfCreator = ({ kind, name }: Creator): AuditActor => ({ kind, id: null, name });

/**
 * The same commit or upload again, with the App's current settings; with `latest`, the branch's newest commit instead of
 * the same one. What was built from a fork gets no variables this time either. That somebody of the team asks for the
 * same commit is their approval of it, so `latest` is refused there; what a Git host asks for has to be approved.
 */
export async function redeploy(
  { env, metadata }: Parts,
  app: AppRecord,
  previous: Spec,
  options: {
    /** Chosen by the caller, so that asking again gives the same deployment. */
    id?: string;
    clearCache: boolean;
    latest: boolean;
    commitHash: string | null;
    /** The pull request that was opened for its commit, if that is not in its spec. */
    pullRequest?: PullRequestRef | null;
    creator: Creator;
    actor: AuditActor;
  },
): Promise<Snapshot> {
  if (previous.source.kind === 'prebuilt') {
    throw new AppFluxError('unprocessable', 'This output was built elsewhere, so there is nothing to build', {
      hint: 'Deploy the output again with `appflux deploy DIR --prebuilt`, or make this deployment the release.',
    });
  }
  const { skipped: _, approval: __, commitMessage, ...kept } = previous;
  const isUntrusted = previous.isUntrusted === true;
  if (isUntrusted && options.latest) {
    throw new AppFluxError('unprocessable', 'The newest commit of a fork needs its own approval', {
      hint: 'Redeploy without latest, or push to the pull request again and approve that deployment.',
    });
  }
  const source = { ...previous.source, rootDirectory: app.source.rootDirectory };
  const now = Date.now();
  const secrets = ahead(secretsOf(metadata, app, isUntrusted));
  const room = ahead(requireRoom(env, app.ownerId));
  const disk = ahead(requireDisk(env));
  if (source.kind === 'upload') await requireSource(metadata, source.uploadId, now);
  await room;
  await disk;
  const isOwn = options.creator.kind === 'user' || options.creator.kind === 'token';
  const spec: Spec = {
    ...kept,
    ...(isUntrusted && !isOwn ? { approval: 'required' } : {}),
    ...(options.pullRequest == null ? {} : { pullRequest: options.pullRequest }),
    ...(options.latest || commitMessage === undefined ? {} : { commitMessage }),
    id: options.id ?? (await metadata.newIdFor(app.ownerId, now)),
    app: { id: app.id, slug: app.slug, name: app.name },
    trigger: 'manual',
    creator: options.creator,
    source:
      source.kind === 'git'
        ? againFrom(source, app, options.latest ? null : (options.commitHash ?? source.commit))
        : source,
    build: app.build,
    type: app.type,
    ...(await secrets),
    limits: limitsOf(app.build),
    budgets: app.budgets,
    clearCache: isUntrusted || options.clearCache,
    buildNumber: await metadata.apps.nextBuildNumber(app.id),
    createdAt: now,
  };
  return begin({ env, metadata }, spec, (created) =>
    noteCreated(metadata, app, created, options.actor, 'deployment.redeploy'),
  );
}

/**
 * Starts the deployment's object, tells metadata of it, and notes who asked for it. Of several calls at the same moment, one
 * has created it, and notes that: numbers are given once.
 */
async function begin(
  { env, metadata }: Parts,
  spec: Spec,
  noted: (created: Snapshot) => Promise<void> = async () => undefined,
): Promise<Snapshot> {
  const created = await deploymentOf(env, spec.id).create(spec);
  const listed = async () => {
    try {
      await metadata.deployments.project(created.record, created.seq);
    } catch (error) {
      // The object has everything, and projects it as soon as metadata responds.
      journal.error(`deployment ${spec.id} is listed late`, error);
    }
  };
  // Anyone who has the answer finds it in lists and in the audit log.
  await Promise.all([
    listed(),
    created.record.number === spec.buildNumber ? noted(created) : Promise.resolve(),
  ]);
  trace(env, () => [spanOfCreation(spec, Date.now())]);
  return created;
}

/** Refuses with `queue_full` when the owner's pool has as many waiting as it may. */
async function requireRoom(env: Env, ownerId: string): Promise<void> {
  const most = Number(env.MAX_QUEUED);
  if ((await poolOf(env, ownerId).depth()) < most) return;
  throw new AppFluxError('queue_full', `${most} deployments are already waiting`, {
    hint: 'Wait until some are built, cancel some, or add a runner.',
    retryAfterSeconds: QUEUE_FULL_RETRY_SECONDS,
  });
}

/**
 * A deployment that was created before; null if there is none. Metadata is asked first: the object of a deployment that
 * isn't there must not be touched before it is created (see DeploymentObject.snapshot).
 */
export async function existing({ env, metadata }: Parts, id: string): Promise<Snapshot | null> {
  return (await metadata.deployments.byId(id)) === null ? null : deploymentOf(env, id).snapshot();
}

/**
 * The id of a new deployment, or of the one that the idempotency key was used for; and whether it certainly was not
 * created before. Throws `idempotency_key_reused`.
 */
export async function identify(
  metadata: Metadata,
  app: AppRecord,
  input: CreateDeployment,
  { id: chosen, idempotencyKey: key }: Pick<CreateOptions, 'id' | 'idempotencyKey'>,
): Promise<{ id: string; isNew: boolean }> {
  const id = chosen ?? (await metadata.newIdFor(app.ownerId));
  if (key === undefined) return { id, isNew: chosen === undefined };
  const fingerprint = JSON.stringify([app.id, Object.entries(input).sort(([a], [b]) => (a < b ? -1 : 1))]);
  const known = await metadata.idempotency.claim(app.ownerId, key, {
    deploymentId: id,
    fingerprint,
    createdAt: new Date().toISOString(),
  });
  if (known.fingerprint !== fingerprint) {
    throw new AppFluxError('idempotency_key_reused', 'This Idempotency-Key was used for another deployment', {
      hint: 'Use a new key for a new deployment, or send the same body with the same key.',
    });
  }
  return { id: known.deploymentId, isNew: chosen === undefined && known.deploymentId === id };
}

/** What a build of the app may use. */
export const limitsOf = (build: BuildSettings): JobLimits => ({
  ...DEFAULT_LIMITS,
  timeoutSeconds: build.timeoutSeconds ?? DEFAULT_LIMITS.timeoutSeconds,
});
