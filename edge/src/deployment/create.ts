/** Creates deployments: everything a build needs becomes a Spec, its object starts, and the queue gets a message. */
import {
  AppFluxError,
  type BuildSettings,
  type CreateDeployment,
  type JobLimits,
  MAX_APPS_OF_UPLOAD,
  type Trigger,
} from '@appflux/protocol';
import { requireDisk } from '../disk/disk.ts';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import { sendMessage } from '../limits/message.ts';
import type { AppRecord, Metadata } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { poolOf } from '../objects/pools.ts';
import { sourceRemoved } from '../retention/removed.ts';
import { trace } from '../tracing/export.ts';
import type { Snapshot } from './object.ts';
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

/** When to ask again after `queue_full`. */
const QUEUE_FULL_RETRY_SECONDS = 30;

export interface Parts {
  env: Env;
  metadata: Metadata;
}

/**
 * Creates a deployment of `app`. With an idempotency key, asking again gives the same one; the same key with
 * another input is refused with `idempotency_key_reused`.
 */
export async function createDeployment(
  { env, metadata }: Parts,
  app: AppRecord,
  input: CreateDeployment,
  options: { trigger?: Trigger; idempotencyKey?: string | undefined } = {},
): Promise<Snapshot> {
  const source = await resolveSource(metadata, app, input);
  const id = await identify(metadata, app, input, options.idempotencyKey);
  const spec: Spec = {
    id,
    ownerId: app.ownerId,
    app: { id: app.id, slug: app.slug, name: app.name },
    trigger: options.trigger ?? (source.kind === 'upload' ? 'upload' : 'manual'),
    environment: input.environment ?? 'production',
    source,
    build: app.build,
    type: app.type,
    variables: app.envVars,
    files: await metadata.files.sealed(app.id),
    limits: limitsOf(app.build),
    maxAttempts: MAX_ATTEMPTS,
    clearCache: input.clearCache ?? false,
    buildNumber: await metadata.apps.nextBuildNumber(app.id),
    createdAt: Date.now(),
  };
  return begin({ env, metadata }, spec);
}

/** The same commit or upload again, with the App's current settings; with `latest`, the branch's newest commit instead of the same one. */
export async function redeploy(
  { env, metadata }: Parts,
  app: AppRecord,
  previous: Spec,
  options: { clearCache: boolean; latest: boolean; commitHash: string | null },
): Promise<Snapshot> {
  if (previous.source.kind === 'prebuilt') {
    throw new AppFluxError('unprocessable', 'This output was built elsewhere, so there is nothing to build', {
      hint: 'Deploy the output again with `appflux deploy DIR --prebuilt`, or make this deployment the release.',
    });
  }
  const source = { ...previous.source, rootDirectory: app.source.rootDirectory };
  const now = Date.now();
  if (source.kind === 'upload') await requireSource(metadata, source.uploadId, now);
  return begin(
    { env, metadata },
    {
      ...previous,
      id: newObjectId(now),
      app: { id: app.id, slug: app.slug, name: app.name },
      trigger: 'manual',
      source:
        source.kind === 'git'
          ? { ...source, commit: options.latest ? null : (options.commitHash ?? source.commit) }
          : source,
      build: app.build,
      type: app.type,
      variables: app.envVars,
      files: await metadata.files.sealed(app.id),
      limits: limitsOf(app.build),
      clearCache: options.clearCache,
      buildNumber: await metadata.apps.nextBuildNumber(app.id),
      createdAt: now,
    },
  );
}

async function begin({ env, metadata }: Parts, spec: Spec): Promise<Snapshot> {
  await requireRoom(env, spec.ownerId);
  await requireDisk(env);
  const created = await deploymentOf(env, spec.id).create(spec);
  // The object has everything now and would see to the rest by itself: its timer offers the job, its outbox
  // projects the record. The list and the runners just need not wait for that.
  const ahead = await Promise.allSettled([
    sendMessage(env.DEPLOY_QUEUE, { kind: 'offer', deploymentId: spec.id }),
    metadata.deployments.project(created.record, created.seq),
  ]);
  trace(env, () => [spanOfCreation(spec, Date.now())]);
  for (const result of ahead) {
    if (result.status === 'rejected') journal.error(`deployment ${spec.id} begins late`, result.reason);
  }
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

/** The id of a new deployment, or of the one that the idempotency key was used for. Throws `idempotency_key_reused`. */
export async function identify(
  metadata: Metadata,
  app: AppRecord,
  input: CreateDeployment,
  key: string | undefined,
): Promise<string> {
  const id = newObjectId();
  if (key === undefined) return id;
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
  return known.deploymentId;
}

async function resolveSource(
  metadata: Metadata,
  app: AppRecord,
  input: CreateDeployment,
): Promise<SpecSource> {
  const { rootDirectory } = app.source;
  if (input.uploadId !== undefined) {
    if (input.branch !== undefined || input.commit !== undefined) {
      throw new AppFluxError('unprocessable', 'An upload has no branch and no commit', {
        hint: 'Send either uploadId, or branch and commit.',
      });
    }
    const upload = await metadata.uploads.byId(input.uploadId);
    if (upload === null || upload.ownerId !== app.ownerId) {
      throw new AppFluxError('unprocessable', `Upload ${input.uploadId} not found`, {
        hint: 'POST /api/uploads first; incomplete uploads are removed after a day.',
      });
    }
    if (!upload.completed) {
      throw new AppFluxError('upload_incomplete', 'The upload is not complete', {
        hint: 'PUT all parts, then POST /api/uploads/:id/complete.',
      });
    }
    const { id, key, name, size, sha256, appIds } = upload;
    if (!appIds.includes(app.id) && appIds.length >= MAX_APPS_OF_UPLOAD) {
      throw new AppFluxError('unprocessable', `${MAX_APPS_OF_UPLOAD} apps were deployed from this upload`, {
        hint: 'Upload the source again for this app.',
      });
    }
    await requireSource(metadata, id, Date.now());
    // Before the deployment is there: an upload that nobody deployed goes sooner than one that somebody did.
    await metadata.uploads.use(id, app.id);
    return { kind: 'upload', uploadId: id, key, name, size, sha256, rootDirectory };
  }
  if (app.source.provider === 'upload') {
    throw new AppFluxError('unprocessable', `${app.name} is built from uploads: send an uploadId`, {
      hint: 'POST /api/uploads returns one.',
    });
  }
  const { repoUrl, branch } = app.source;
  return {
    kind: 'git',
    repoUrl,
    branch: input.branch ?? branch,
    commit: input.commit ?? null,
    rootDirectory,
  };
}

/** Notes that an upload is deployed from, which keeps a sweep from it; `source_removed` when one was quicker. */
async function requireSource(metadata: Metadata, uploadId: string, now: number): Promise<void> {
  if (!(await metadata.uploads.touch(uploadId, new Date(now).toISOString()))) throw sourceRemoved();
}

/** What a build of the app may use. */
export const limitsOf = (build: BuildSettings): JobLimits => ({
  ...DEFAULT_LIMITS,
  timeoutSeconds: build.timeoutSeconds ?? DEFAULT_LIMITS.timeoutSeconds,
});
