/** Creates deployments of outputs that were built elsewhere. The caller delivers the output; no runner is involved. */
import { AppFluxError, type CreateDeployment, type PrebuiltGrant } from '@appflux/protocol';
import { requireDisk } from '../disk/disk.ts';
import { journal } from '../journal.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { trace } from '../tracing/export.ts';
import type { Snapshot } from './answers.ts';
import {
  actorOfCreator,
  type CreateOptions,
  existing,
  identify,
  limitsOf,
  noteCreated,
  type Parts,
} from './create.ts';
import type { Deliverer } from './prebuilt.ts';
import { spanOfCreation } from './spans.ts';
import type { Spec } from './state.ts';

/** How long a delivery may take: the output may be large, and the line slow. The lease notices a deliverer that is lost. */
const DELIVERY_SECONDS = 6 * 3600;

/**
 * Creates a deployment of `app` whose output `deliverer` delivers. With an idempotency key, asking again gives the same
 * one, and the same grant while that is valid.
 * @returns the deployment, and the grant; null if it has ended, or somebody else delivers it
 */
export async function createPrebuilt(
  { env, metadata }: Parts,
  app: AppRecord,
  input: CreateDeployment,
  {
    deliverer,
    creator,
    actor,
    idempotencyKey,
  }: Pick<CreateOptions, 'creator' | 'actor' | 'idempotencyKey'> & { deliverer: Deliverer },
): Promise<Snapshot & { grant: PrebuiltGrant | null }> {
  if (input.uploadId !== undefined || input.clearCache !== undefined) {
    throw new AppFluxError('unprocessable', 'A prebuilt output has no source and no cache', {
      hint: 'Send prebuilt without uploadId and clearCache.',
    });
  }
  await requireDisk(env);
  const { id, isNew } = await identify(metadata, app, input, { idempotencyKey });
  const known =
    isNew || (await existing({ env, metadata }, id)) === null ? null : await deploymentOf(env, id).spec();
  const spec: Spec = known ?? {
    id,
    ownerId: app.ownerId,
    app: { id: app.id, slug: app.slug, name: app.name },
    trigger: 'manual',
    creator,
    environment: input.environment ?? 'production',
    source: {
      kind: 'prebuilt',
      branch: input.branch ?? null,
      commit: input.commit ?? null,
      rootDirectory: app.source.rootDirectory,
    },
    build: app.build,
    type: app.type,
    // Nothing is built here, so nothing is given to a build.
    variables: {},
    files: {},
    limits: { ...limitsOf(app.build), timeoutSeconds: DELIVERY_SECONDS },
    maxAttempts: 1,
    clearCache: false,
    buildNumber: await metadata.apps.nextBuildNumber(app.id),
    createdAt: Date.now(),
  };
  const created = await deploymentOf(env, id).createPrebuilt(spec, deliverer);
  trace(env, () => [spanOfCreation(spec, Date.now())]);
  const listed = async () => {
    try {
      await metadata.deployments.project(created.record, created.seq);
    } catch (error) {
      // The object's outbox projects it; the list need not wait for that.
      journal.error(`deployment ${id} is listed late`, error);
    }
  };
  const noted = () => noteCreated(metadata, app, created, actor ?? actorOfCreator(creator));
  await Promise.all([listed(), known === null ? noted() : Promise.resolve()]);
  return created;
}
