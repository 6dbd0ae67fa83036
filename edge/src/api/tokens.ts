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
import { mayUse } from '../identity/caller.ts';
import { hashToken, makeToken } from '../identity/tokens.ts';
import type { TokenRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { bearer, json, jsonBody, needs, refusals, router } from './router.ts';

export const tokens = router();

const shared = { tags: ['tokens'], security: bearer, middleware: needs('admin') };

tokens.openapi(
  createRoute({
    ...shared,
    method: 'get',
    path: '/api/tokens',
    summary: 'List API tokens, newest first, without the tokens themselves',
    request: { query: PageQuery },
    responses: { 200: json(pageOf(ApiToken), 'API tokens'), ...refusals },
  }),
  async (c) => {
    const page = await c.get('metadata').tokens.list(c.get('caller').ownerId, 'api', c.req.valid('query'));
    return c.json({ items: page.items.map(toApiToken), nextCursor: page.nextCursor }, 200);
  },
);

tokens.openapi(
  createRoute({
    ...shared,
    method: 'post',
    path: '/api/tokens',
    summary: 'Create an API token, which the answer shows this once',
    request: { body: jsonBody(CreateToken) },
    responses: { 201: json(CreatedToken, 'The token'), ...refusals },
  }),
  async (c) => {
    const { name, scopes, expiresAt } = c.req.valid('json');
    const caller = c.get('caller');
    const beyond = scopes.filter((scope) => !mayUse(caller.scopes, scope));
    if (beyond.length > 0) {
      throw new AppFluxError('forbidden', `You do not have what the token would have: ${beyond.join(', ')}`);
    }
    const now = Date.now();
    if (expiresAt !== undefined && Date.parse(expiresAt) <= now) {
      throw new AppFluxError('bad_request', 'The token would have run out already', {
        issues: [{ path: 'expiresAt', message: 'Is in the past' }],
      });
    }
    const token = makeToken('api');
    const record: TokenRecord = {
      id: newObjectId(now),
      ownerId: caller.ownerId,
      kind: 'api',
      name,
      scopes: [...new Set(scopes)],
      role: null,
      appId: null,
      createdBy: null,
      hash: await hashToken(token),
      // Times are compared as text, so they are all written alike.
      expiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
      lastUsedAt: null,
      createdAt: new Date(now).toISOString(),
    };
    await c.get('metadata').tokens.insert(record);
    return c.json({ ...toApiToken(record), token }, 201);
  },
);

tokens.openapi(
  createRoute({
    ...shared,
    method: 'delete',
    path: '/api/tokens/{id}',
    summary: 'Revoke an API token at once',
    request: { params: z.strictObject({ id: ObjectId }) },
    responses: { 204: { description: 'It is revoked' }, ...refusals },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    if (!(await c.get('metadata').tokens.delete(c.get('caller').ownerId, 'api', id))) {
      throw new AppFluxError('not_found', 'There is no such token');
    }
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
