/** API tokens: how programs sign in. Shown once, kept as a hash, revocable. */
import {
  ApiToken,
  AppFluxError,
  CreatedToken,
  CreateToken,
  ObjectId,
  PageQuery,
  pageOf,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { audited, authenticated, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import { type Caller, mayUse, requireScope } from '../identity/caller.ts';
import { issueToken } from '../identity/one-time-token.ts';
import type { TokenRecord } from '../metadata/metadata.ts';

export const tokens = router();

const shared = { tags: ['tokens'], security: bearer, middleware: needs('tokens:own') };

/** Whose tokens a caller sees and revokes: all of the team's, or only those that they made. */
const reachOf = (caller: Caller) =>
  mayUse(caller.scopes, 'admin') ? undefined : { createdBy: caller.userId ?? '' };

tokens.openapi(
  createRoute({
    ...shared,
    method: 'get',
    path: '/api/tokens',
    summary: 'List API tokens, newest first, without the tokens themselves',
    description: 'Owners and admins see all tokens of the team, developers their own.',
    request: { query: PageQuery },
    responses: { 200: json(pageOf(ApiToken), 'API tokens'), ...refusals },
  }),
  async (c) => {
    const caller = c.get('caller');
    const query = c.req.valid('query');
    const page = await c.get('metadata').tokens.list(caller.ownerId, 'api', query, reachOf(caller));
    return c.json({ items: page.items.map(toApiToken), nextCursor: page.nextCursor }, 200);
  },
);

tokens.openapi(
  createRoute({
    ...shared,
    method: 'post',
    path: '/api/tokens',
    summary: 'Create an API token; the response shows it only once',
    request: { body: jsonBody(CreateToken) },
    responses: { 201: json(CreatedToken, 'The token'), ...refusals },
  }),
  async (c) => {
    const { name, scopes, expiresAt } = c.req.valid('json');
    const caller = c.get('caller');
    const beyond = scopes.filter((scope) => !mayUse(caller.scopes, scope));
    if (beyond.length > 0) {
      throw new AppFluxError(
        'forbidden',
        `The token would have more permissions than you: ${beyond.join(', ')}`,
      );
    }
    if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now()) {
      throw new AppFluxError('bad_request', 'The expiry date is in the past', {
        issues: [{ path: 'expiresAt', message: 'Is in the past' }],
      });
    }
    const { token, record } = await issueToken(c.get('metadata'), 'api', {
      ownerId: caller.ownerId,
      kind: 'api',
      name,
      scopes: [...new Set(scopes)],
      createdBy: caller.userId,
      // Times are compared as text, so they are all written alike.
      expiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
    });
    await audited(c, 'token.create', { kind: 'token', id: record.id, name });
    return c.json({ ...toApiToken(record), token }, 201);
  },
);

tokens.openapi(
  createRoute({
    ...shared,
    middleware: authenticated,
    method: 'delete',
    path: '/api/tokens/{id}',
    summary: 'Revoke an API token immediately',
    description: 'A token can always revoke itself.',
    request: { params: z.strictObject({ id: ObjectId }) },
    responses: { 204: { description: 'Revoked' }, ...refusals },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { tokens } = c.get('metadata');
    const caller = c.get('caller');
    const isItself = caller.kind === 'token' && caller.id === id;
    if (!isItself) requireScope(caller, 'tokens:own');
    const record = await tokens.byId(caller.ownerId, 'api', id);
    const reach = reachOf(caller);
    const reached =
      record !== null && (isItself || reach === undefined || record.createdBy === reach.createdBy);
    if (!reached || !(await tokens.delete(caller.ownerId, 'api', id))) {
      throw new AppFluxError('not_found', 'Token not found');
    }
    await audited(c, 'token.revoke', { kind: 'token', id, name: record.name });
    return c.body(null, 204);
  },
);

const toApiToken = ({ id, name, scopes, expiresAt, lastUsedAt, createdAt }: TokenRecord): ApiToken => ({
  id,
  name,
  scopes,
  expiresAt,
  lastUsedAt,
  createdAt,
});
