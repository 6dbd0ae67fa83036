/** Deployments: ask for one, look at it, cancel it, do it again. */
import {
  AppFluxError,
  ArtifactList,
  CreateDeployment,
  CreatedDeployment,
  Deploy,
  Deployed,
  Deployment,
  type DeploymentStatus,
  DeploymentsQuery,
  ErrorBody,
  hasEnded,
  ObjectId,
  type Page,
  pageOf,
  Redeploy,
  Slug,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { createDeployment, redeploy } from '../deployment/create.ts';
import { createPrebuilt } from '../deployment/create-prebuilt.ts';
import type { Refusal } from '../deployment/lifecycle.ts';
import { delivererOf } from '../deployment/prebuilt.ts';
import { type Addresses, addressesOf, toDeployment } from '../deployment/record.ts';
import type { Env } from '../env.ts';
import { audited, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import { actorOf, type Caller, creatorOf } from '../identity/caller.ts';
import type { DeploymentRecord, KeptDeployment, Metadata } from '../metadata/metadata.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { poolOf } from '../pools/team-pool.ts';
import { artifactsRemoved } from '../retention/removed.ts';
import { ownedApp } from './apps.ts';

const ById = z.object({ id: ObjectId });
const IdempotencyKey = z.object({ 'idempotency-key': z.string().min(1).max(200).optional() });
const accepted = {
  202: json(Deployment, 'The deployment'),
  ...refusals,
  422: json(ErrorBody, "The request can't be processed"),
};

/** The owner's deployment of that id, as metadata knows it; `not_found` for anybody else's. */
export async function ownedDeployment(
  metadata: Metadata,
  ownerId: string,
  id: string,
): Promise<KeptDeployment> {
  const record = await metadata.deployments.byId(id);
  if (record === null || record.ownerId !== ownerId) throw noDeployment(id);
  return record;
}

const noDeployment = (id: string) => new AppFluxError('not_found', `There is no deployment ${id}`);

/** What its object says of a deployment that metadata knows; `not_found` when that is being deleted and has nothing left. */
export function stillThere<Told>(told: Told | null, id: string): Told {
  if (told === null) throw noDeployment(id);
  return told;
}

/** A deployment as it stands this moment: asked of its object, unless it has ended. */
export async function currentDeployment(
  env: Env,
  metadata: Metadata,
  ownerId: string,
  id: string,
): Promise<Deployment> {
  const addresses = addressesOf(env);
  const known = await ownedDeployment(metadata, ownerId, id);
  if (hasEnded(known.status)) return toDeployment(known, addresses);
  const { record } = stillThere(await deploymentOf(env, id).snapshot(), id);
  return toDeployment(marked(record, known), addresses, await waitingForOf(env, record));
}

/** Why a queued deployment waits; null if it does not. */
async function waitingForOf(
  env: Env,
  { id, appId, ownerId, status, approval }: DeploymentRecord,
): Promise<string | null> {
  if (status !== 'queued') return null;
  if (approval?.state === 'required') return 'It comes from a fork: someone who may deploy must approve it.';
  return poolOf(env, ownerId).waitingReason(id, appId);
}

/** What its object tells now, with the marks that metadata keeps beside it. */
const marked = (
  record: DeploymentRecord,
  {
    pinned,
    promotedAt,
    artifactsRemovedAt,
    logRemovedAt,
    pictureAt,
    pictureError,
    leftovers,
  }: KeptDeployment,
): KeptDeployment => ({
  ...record,
  pinned,
  promotedAt,
  artifactsRemovedAt,
  logRemovedAt,
  pictureAt,
  pictureError,
  leftovers,
});

/** Who asks for a deployment. */
const askedBy = (caller: Caller) => ({ creator: creatorOf(caller), actor: actorOf(caller) });

export const deployments = router();

deployments.openapi(
  createRoute({
    method: 'post',
    path: '/api/apps/{slug}/deployments',
    summary: 'Build and deploy an app',
    description:
      'Builds its branch, a commit, or an upload. The same Idempotency-Key returns the same deployment. With `prebuilt` nothing is built: the answer has a grant, with which the caller delivers the output.',
    tags: ['deployments'],
    security: bearer,
    middleware: [needs('deployments:write')] as const,
    request: { params: z.object({ slug: Slug }), headers: IdempotencyKey, body: jsonBody(CreateDeployment) },
    responses: { ...accepted, 202: json(CreatedDeployment, 'The deployment') },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const app = await ownedApp(metadata, c.get('caller').ownerId, c.req.valid('param').slug);
    const idempotencyKey = c.req.valid('header')['idempotency-key'];
    const input = c.req.valid('json');
    if (input.prebuilt) {
      const deliverer = delivererOf(c.get('caller'));
      const prebuilt = await createPrebuilt({ env: c.env, metadata }, app, input, {
        ...askedBy(c.get('caller')),
        deliverer,
        idempotencyKey,
      });
      const grant = prebuilt.grant === null ? {} : { grant: prebuilt.grant };
      return c.json({ ...toDeployment(prebuilt.record, addressesOf(c.env)), ...grant }, 202);
    }
    const created = await createDeployment({ env: c.env, metadata }, app, input, {
      ...askedBy(c.get('caller')),
      idempotencyKey,
    });
    return c.json(toDeployment(created.record, addressesOf(c.env)), 202);
  },
);

deployments.openapi(
  createRoute({
    method: 'post',
    path: '/api/deploy',
    summary: 'Build and deploy the app in the body',
    tags: ['deployments'],
    security: bearer,
    middleware: [needs('deployments:write')] as const,
    request: { headers: IdempotencyKey, body: jsonBody(Deploy) },
    responses: {
      ...accepted,
      202: json(Deployed, 'The deployment'),
    },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const { ownerId } = c.get('caller');
    const { appId, app: slug, source } = c.req.valid('json');
    const app =
      appId === undefined ? await ownedApp(metadata, ownerId, slug ?? '') : await metadata.apps.byId(appId);
    if (app === null || app.ownerId !== ownerId)
      throw new AppFluxError('not_found', `There is no app ${appId}`);
    const created = await createDeployment({ env: c.env, metadata }, app, source ?? {}, {
      ...askedBy(c.get('caller')),
      idempotencyKey: c.req.valid('header')['idempotency-key'],
    });
    const deployment = toDeployment(created.record, addressesOf(c.env));
    return c.json({ success: true as const, deploymentId: deployment.id, ...deployment }, 202);
  },
);

deployments.openapi(
  createRoute({
    method: 'get',
    path: '/api/apps/{slug}/deployments',
    summary: 'List an app’s deployments, newest first',
    tags: ['deployments'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    request: {
      params: z.object({ slug: Slug }),
      query: DeploymentsQuery,
    },
    responses: { 200: json(pageOf(Deployment), 'Deployments'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const { limit, cursor, ...narrowed } = c.req.valid('query');
    const { ownerId } = c.get('caller');
    const app = await ownedApp(metadata, ownerId, c.req.valid('param').slug);
    const page = await metadata.deployments.list({ ownerId, appId: app.id, ...narrowed }, { limit, cursor });
    return c.json(toList(page, [app.release], addressesOf(c.env)), 200);
  },
);

deployments.openapi(
  createRoute({
    method: 'get',
    path: '/api/deployments',
    summary: 'List the deployments of all apps, newest first',
    tags: ['deployments'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    request: { query: DeploymentsQuery },
    responses: { 200: json(pageOf(Deployment), 'Deployments'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const { limit, cursor, ...narrowed } = c.req.valid('query');
    const { ownerId } = c.get('caller');
    const page = await metadata.deployments.list({ ownerId, ...narrowed }, { limit, cursor });
    const releases = await metadata.apps.releases([...new Set(page.items.map(({ appId }) => appId))]);
    return c.json(toList(page, releases, addressesOf(c.env)), 200);
  },
);

/** The answer of a list; `releases` are those of its apps. */
const toList = (
  { items, nextCursor }: Page<KeptDeployment>,
  releases: readonly (string | null)[],
  addresses: Addresses,
): Page<Deployment> => ({
  items: items.map((record) => ({
    ...toDeployment(record, addresses),
    current: releases.includes(record.id),
  })),
  nextCursor,
});

deployments.openapi(
  createRoute({
    method: 'get',
    path: '/api/deployments/{id}',
    summary: 'Get a deployment',
    tags: ['deployments'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    request: { params: ById },
    responses: { 200: json(Deployment, 'The deployment'), ...refusals },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await currentDeployment(c.env, c.get('metadata'), c.get('caller').ownerId, id), 200);
  },
);

deployments.openapi(
  createRoute({
    method: 'post',
    path: '/api/deployments/{id}/cancel',
    summary: 'Cancel a deployment',
    description:
      'A queued deployment is canceled immediately; one that is building, when its runner has stopped.',
    tags: ['deployments'],
    security: bearer,
    middleware: [needs('deployments:write')] as const,
    request: { params: ById },
    responses: accepted,
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const caller = c.get('caller');
    const known = await ownedDeployment(c.get('metadata'), caller.ownerId, id);
    const answer = stillThere(await deploymentOf(c.env, id).cancel(`asked for by ${caller.name}`), id);
    if ('refused' in answer) {
      throw new AppFluxError(
        'already_ended',
        `The deployment has already ended with status ${answer.status}`,
      );
    }
    await audited(c, 'deployment.cancel', { kind: 'deployment', id, name: known.app.slug });
    return c.json(toDeployment(marked(answer.canceled.record, known), addressesOf(c.env)), 202);
  },
);

deployments.openapi(
  createRoute({
    method: 'post',
    path: '/api/deployments/{id}/approve',
    summary: 'Approve a deployment from a fork',
    description:
      'It is offered to runners then. It gets no variables, files or cache. Approving it again changes nothing.',
    tags: ['deployments'],
    security: bearer,
    middleware: [needs('deployments:write')] as const,
    request: { params: ById },
    responses: accepted,
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const caller = c.get('caller');
    const known = await ownedDeployment(c.get('metadata'), caller.ownerId, id);
    const answer = stillThere(await deploymentOf(c.env, id).approve(caller.name), id);
    if ('refused' in answer) throw notApproved(answer);
    await audited(c, 'deployment.approve', { kind: 'deployment', id, name: known.app.slug });
    return c.json(toDeployment(marked(answer.approved.record, known), addressesOf(c.env)), 202);
  },
);

function notApproved({ refused, status }: { refused: Refusal; status: DeploymentStatus }): AppFluxError {
  if (refused === 'already_ended')
    return new AppFluxError('already_ended', `The deployment has already ended with status ${status}`, {
      hint: 'To build it, redeploy it.',
    });
  return new AppFluxError('unprocessable', 'This deployment needs no approval', {
    hint: 'Only deployments from forks do.',
  });
}

deployments.openapi(
  createRoute({
    method: 'post',
    path: '/api/deployments/{id}/redeploy',
    summary: 'Redeploy: build the same source again',
    tags: ['deployments'],
    security: bearer,
    middleware: [needs('deployments:write')] as const,
    request: { params: ById, body: { ...jsonBody(Redeploy), required: false } },
    responses: accepted,
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const record = await ownedDeployment(metadata, c.get('caller').ownerId, c.req.valid('param').id);
    const { clearCache = false, latest = false } = c.req.valid('json') ?? {};
    const app = await ownedApp(metadata, record.ownerId, record.app.slug);
    const spec = stillThere(await deploymentOf(c.env, record.id).spec(), record.id);
    const created = await redeploy({ env: c.env, metadata }, app, spec, {
      clearCache,
      latest,
      commitHash: record.commitHash,
      pullRequest: record.pullRequest,
      ...askedBy(c.get('caller')),
    });
    return c.json(toDeployment(created.record, addressesOf(c.env)), 202);
  },
);

deployments.openapi(
  createRoute({
    method: 'get',
    path: '/api/deployments/{id}/artifacts',
    summary: 'List a deployment’s artifacts',
    tags: ['deployments'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    request: { params: ById },
    responses: {
      200: json(ArtifactList, 'Artifacts'),
      ...refusals,
      410: json(ErrorBody, 'Removed by retention'),
    },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { ownerId } = c.get('caller');
    const deployment = await currentDeployment(c.env, c.get('metadata'), ownerId, id);
    if (deployment.artifactsRemovedAt !== null) throw artifactsRemoved(deployment.artifactsRemovedAt);
    return c.json({ items: deployment.artifacts }, 200);
  },
);
