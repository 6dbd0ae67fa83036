/** Tokens that read the metrics of the instance and do nothing else. Shown once, kept as a hash, revocable. */
import {
  AppFluxError,
  type AuditAction,
  type AuditTarget,
  CreatedMetricsToken,
  CreateMetricsToken,
  type MetricsToken,
  MetricsTokens,
  ObjectId,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { actorOfUser, note, OPERATOR } from '../audit/note.ts';
import { type ApiEnv, bearer, json, jsonBody, refusals, router } from '../http/router.ts';
import { issueToken, MAX_TOKENS } from '../identity/one-time-token.ts';
import type { TokenRecord } from '../metadata/metadata.ts';
import type { Person } from '../teams/team.ts';
import { operatorOrInstanceOwner } from './operator.ts';

export const metricsTokens = router();

const shared = {
  tags: ['operator'],
  security: bearer,
  middleware: operatorOrInstanceOwner,
  description: 'For the operator, and the owner of the instance when signed in.',
};

metricsTokens.openapi(
  createRoute({
    ...shared,
    method: 'get',
    path: '/api/ops/metrics-tokens',
    summary: 'List the tokens that read the metrics, newest first, without the tokens themselves',
    responses: { 200: json(MetricsTokens, 'The tokens'), ...refusals },
  }),
  async (c) => {
    const { tokens } = c.get('metadata');
    const limit = MAX_TOKENS.metrics.most;
    const { items } = await tokens.list(await ownerId(c), 'metrics', { limit });
    return c.json({ items: items.map(toMetricsToken) }, 200);
  },
);

metricsTokens.openapi(
  createRoute({
    ...shared,
    method: 'post',
    path: '/api/ops/metrics-tokens',
    summary: 'Create a token that reads the metrics; the response shows it only once',
    request: { body: jsonBody(CreateMetricsToken) },
    responses: { 201: json(CreatedMetricsToken, 'The token'), ...refusals },
  }),
  async (c) => {
    const { name } = c.req.valid('json');
    const { token, record } = await issueToken(c.get('metadata'), 'metrics', {
      ownerId: await ownerId(c),
      kind: 'metrics',
      name,
      createdBy: personOf(c)?.id ?? null,
    });
    await noteChange(c, 'token.create', { kind: 'token', id: record.id, name });
    return c.json({ ...toMetricsToken(record), token }, 201);
  },
);

metricsTokens.openapi(
  createRoute({
    ...shared,
    method: 'delete',
    path: '/api/ops/metrics-tokens/{id}',
    summary: 'Revoke a token that reads the metrics immediately',
    request: { params: z.strictObject({ id: ObjectId }) },
    responses: { 204: { description: 'Revoked' }, ...refusals },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { tokens } = c.get('metadata');
    const owner = await ownerId(c);
    const record = await tokens.byId(owner, 'metrics', id);
    if (record === null || !(await tokens.delete(owner, 'metrics', id)))
      throw new AppFluxError('not_found', 'Token not found');
    await noteChange(c, 'token.revoke', { kind: 'token', id, name: record.name });
    return c.body(null, 204);
  },
);

/** The team of the instance's owner, which has these tokens. Throws AppFluxError `unauthorized` before there is one. */
async function ownerId(c: Context<ApiEnv>): Promise<string> {
  const owner = await c.get('metadata').users.owner();
  if (owner !== null) return owner.id;
  throw new AppFluxError('unauthorized', 'This instance has no owner yet', {
    hint: 'Call POST /api/ops/setup with the operator secret first.',
  });
}

/** The owner of the instance; undefined for the operator. */
const personOf = (c: Context<ApiEnv>): Person | undefined => c.get('person');

async function noteChange(c: Context<ApiEnv>, action: AuditAction, target: AuditTarget): Promise<void> {
  const person = personOf(c);
  const actor = person === undefined ? OPERATOR : actorOfUser(person);
  await note(c.get('metadata'), await ownerId(c), actor, action, target);
}

const toMetricsToken = ({ id, name, lastUsedAt, createdAt }: TokenRecord): MetricsToken => ({
  id,
  name,
  lastUsedAt,
  createdAt,
});
