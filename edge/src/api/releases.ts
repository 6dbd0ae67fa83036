/** Releases: which deployment an app's public address points at. */
import {
  App,
  AppFluxError,
  type AuditAction,
  Deployment,
  ObjectId,
  PromoteDeployment,
  ReleaseDeployment,
  Slug,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { differingVariables } from '../deployment/variables.ts';
import { type ApiEnv, audited, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import type { AppRecord, KeptDeployment } from '../metadata/metadata.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { runtimeOf } from '../objects/runtime.ts';
import { nothingToRelease } from '../retention/removed.ts';
import { createSealer } from '../secrets/sealing.ts';
import { forgetSite } from '../sites/hosts/resolve.ts';
import { recordRelease } from '../sites/updates/expo/record.ts';
import { ownedApp, toApp } from './apps.ts';
import { currentDeployment, ownedDeployment } from './deployments.ts';

export const releases = router();

const BySlug = z.object({ slug: Slug });

releases.openapi(
  createRoute({
    method: 'post',
    path: '/api/apps/{slug}/release',
    summary: 'Make a deployment the release',
    description:
      'Rolls back or forward. Nothing is rebuilt. To undo it, release the app’s `previousRelease`. A locked release can be changed like this, too.',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('deployments:write')] as const,
    request: { params: BySlug, body: jsonBody(ReleaseDeployment) },
    responses: { 200: json(App, 'The app'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const app = await ownedApp(metadata, c.get('caller').ownerId, c.req.valid('param').slug);
    const { deploymentId, from } = c.req.valid('json');
    const deployment = await ownedDeployment(metadata, app.ownerId, deploymentId);
    if (deployment.appId !== app.id)
      throw new AppFluxError('not_found', `${app.slug} has no deployment ${deploymentId}`);
    requireReleasable(deployment);
    const changed = await makeRelease(c, app, deployment, from);
    await auditRelease(c, 'release.set', deployment);
    return c.json(await toApp(changed, { metadata, env: c.env }), 200);
  },
);

const lock = {
  path: '/api/apps/{slug}/release/lock',
  tags: ['apps'],
  security: bearer,
  middleware: needs('deployments:write'),
  request: { params: BySlug },
  responses: { 200: json(App, 'The app'), ...refusals },
};

releases.openapi(
  createRoute({
    ...lock,
    method: 'post',
    summary: 'Lock the release: no deployment goes live by itself',
    description:
      'A deployment that succeeds while the release is locked doesn’t go live after it is unlocked.',
  }),
  async (c) => c.json(await setLock(c, c.req.valid('param').slug, true), 200),
);

releases.openapi(createRoute({ ...lock, method: 'delete', summary: 'Unlock the release' }), async (c) =>
  c.json(await setLock(c, c.req.valid('param').slug, false), 200),
);

async function setLock(c: Context<ApiEnv>, slug: string, releaseLocked: boolean): Promise<App> {
  const metadata = c.get('metadata');
  const app = await ownedApp(metadata, c.get('caller').ownerId, slug);
  const changed = await metadata.apps.update(app.id, { releaseLocked });
  const action: AuditAction = releaseLocked ? 'release.lock' : 'release.unlock';
  if (app.releaseLocked !== releaseLocked)
    await audited(c, action, { kind: 'app', id: app.id, name: app.slug });
  return toApp(changed ?? app, { metadata, env: c.env });
}

releases.openapi(
  createRoute({
    method: 'post',
    path: '/api/deployments/{id}/promote',
    summary: 'Promote a deployment to production',
    description:
      'What it built becomes the release; nothing is rebuilt. From then on a preview counts as production for access, earlier versions and retention. If production’s variables are others than those that it was built with, that is `variables_differ`, which names them; `force` promotes it anyway.',
    tags: ['deployments'],
    security: bearer,
    middleware: [needs('deployments:write')] as const,
    request: {
      params: z.object({ id: ObjectId }),
      body: { content: { 'application/json': { schema: PromoteDeployment } } },
    },
    responses: { 202: json(Deployment, 'The deployment'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const { ownerId } = c.get('caller');
    const deployment = await ownedDeployment(metadata, ownerId, c.req.valid('param').id);
    requireReleasable(deployment);
    const app = await ownedApp(metadata, ownerId, deployment.app.slug);
    const isPreview = deployment.environment === 'preview' && deployment.promotedAt === null;
    const { force, from } = c.req.valid('json');
    if (isPreview && force !== true) await requireSameVariables(c, app, deployment);
    // Before the pointer moves: a sweep in between must see production.
    if (isPreview) await metadata.deployments.markPromoted(deployment.id, new Date().toISOString());
    try {
      await makeRelease(c, app, deployment, from);
    } catch (error) {
      if (isPreview) await metadata.deployments.markPromoted(deployment.id, null);
      throw error;
    }
    await auditRelease(c, 'deployment.promote', deployment);
    return c.json(await currentDeployment(c.env, metadata, ownerId, deployment.id), 202);
  },
);

function requireReleasable({ status, artifactsRemovedAt, pullRequest, approval }: KeptDeployment): void {
  if (pullRequest?.fork === true || approval !== null) {
    throw new AppFluxError('unprocessable', 'A deployment from a fork can’t go live', {
      hint: 'Merge the pull request, and deploy the branch that it was merged into.',
    });
  }
  if (status !== 'success') {
    throw new AppFluxError(
      'not_successful',
      `That deployment is ${status}; only a successful one can be released`,
    );
  }
  if (artifactsRemovedAt !== null) throw nothingToRelease(artifactsRemovedAt);
}

/** Moves the pointer from `from`, or from whatever it is; gives the App as it is then. */
async function makeRelease(
  c: Context<ApiEnv>,
  app: AppRecord,
  deployment: KeptDeployment,
  from: string | null | undefined,
): Promise<AppRecord> {
  const metadata = c.get('metadata');
  const changed = await metadata.apps.release(app.id, {
    deploymentId: deployment.id,
    from,
    at: new Date().toISOString(),
    detectedType: deployment.plan?.type ?? null,
  });
  if (changed !== null && changed.release !== deployment.id) throw releaseChanged(changed);
  // A sweep looks at the release after it has marked what goes, and this looks at the mark after it has set the
  // release: of the two at the same time, one notices.
  const removedAt = (await metadata.deployments.byId(deployment.id))?.artifactsRemovedAt ?? null;
  if (removedAt !== null) {
    const { release, previousRelease, releasedAt, detectedType } = app;
    await metadata.apps.update(app.id, { release, previousRelease, releasedAt, detectedType });
  }
  forgetSite(app.id);
  if (deployment.site?.kind === 'server') await runtimeOf(c.env, app.id).refreshCrons();
  if (removedAt !== null) throw nothingToRelease(removedAt);
  if (changed !== null) await recordRelease(changed, metadata);
  return changed ?? app;
}

const releaseChanged = ({ slug, release }: AppRecord) =>
  new AppFluxError(
    'release_changed',
    release === null
      ? `${slug} has no release any more`
      : `Another deployment of ${slug} has gone live meanwhile: ${release}`,
    { hint: 'Check the current release, then try again with its id as `from`.' },
  );

/** Refuses with `variables_differ` an output that was built with other variables than production has now. */
async function requireSameVariables(
  c: Context<ApiEnv>,
  app: AppRecord,
  deployment: KeptDeployment,
): Promise<void> {
  const spec = await deploymentOf(c.env, deployment.id).spec();
  const built = spec === null ? {} : spec.variables;
  const names = await differingVariables(
    { appId: app.id, built, environment: deployment.environment, now: app.envVars },
    createSealer(c.env),
  );
  if (names.length === 0) return;
  throw new AppFluxError(
    'variables_differ',
    `This preview was built with other variables than production has: ${names.join(', ')}`,
    { hint: 'Deploy the commit to production to build it again, or promote this build with `force`.' },
  );
}

const auditRelease = (c: Context<ApiEnv>, action: AuditAction, { id, app, version }: KeptDeployment) =>
  audited(c, action, { kind: 'deployment', id, name: `${app.slug}: ${version ?? id}` });
