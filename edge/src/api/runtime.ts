/** What an app's servers log, and how they answer. */
import {
  AppFluxError,
  RUNTIME_SUBPROTOCOL,
  RuntimeAnalytics,
  RuntimeAnalyticsQuery,
  RuntimeLogPage,
  RuntimeLogQuery,
  RuntimeTailQuery,
  Slug,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { bearer, json, needs, refusals, router } from '../http/router.ts';
import { runtimeOf } from '../objects/runtime.ts';
import { passOn } from '../sockets/refuse.ts';
import { ownedApp } from './apps.ts';

const BySlug = z.object({ slug: Slug });
const LOGS = '/api/apps/:slug/runtime/logs';

export const runtime = router();

// A WebSocket at the same path, which OpenAPI cannot describe: docs/api.md does.
runtime.get(LOGS, needs('deployments:read'), async (c, next) => {
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') return next();
  const query = RuntimeTailQuery.safeParse(c.req.query());
  if (!query.success) {
    throw new AppFluxError('bad_request', 'Invalid query of the live log', {
      hint: `Offer the subprotocol ${RUNTIME_SUBPROTOCOL}, and use after, environment, deploymentId and level.`,
    });
  }
  const { metadata, caller } = c.var;
  const app = await ownedApp(metadata, caller.ownerId, c.req.param('slug'));
  const viewer = new URL('https://runtime/viewer');
  for (const [name, value] of Object.entries(query.data)) viewer.searchParams.set(name, String(value));
  viewer.searchParams.set('by', `${caller.kind} ${caller.userId ?? caller.id}`);
  return passOn(await runtimeOf(c.env, app.id).fetch(new Request(viewer, c.req.raw)));
});

runtime.openapi(
  createRoute({
    method: 'get',
    path: '/api/apps/{slug}/runtime/logs',
    summary: 'Get lines of the log of an app’s servers',
    description:
      'Console output and uncaught errors of the last 24 hours: the lines after a number, those before one, or the newest. As a WebSocket, the same path is the live log.',
    tags: ['runtime'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    request: { params: BySlug, query: RuntimeLogQuery },
    responses: { 200: json(RuntimeLogPage, 'Lines'), ...refusals },
  }),
  async (c) => {
    const { after, before, limit, ...filter } = c.req.valid('query');
    const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, c.req.valid('param').slug);
    return c.json(await runtimeOf(c.env, app.id).page({ after, before, limit, filter }), 200);
  },
);

runtime.openapi(
  createRoute({
    method: 'get',
    path: '/api/apps/{slug}/runtime/analytics',
    summary: 'Requests, errors, durations and CPU time of an app’s servers by hour',
    description: 'For the last `hours` hours in UTC, including the current one. Kept for 35 days.',
    tags: ['runtime'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    request: { params: BySlug, query: RuntimeAnalyticsQuery },
    responses: { 200: json(RuntimeAnalytics, 'Analytics'), ...refusals },
  }),
  async (c) => {
    const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, c.req.valid('param').slug);
    return c.json(await runtimeOf(c.env, app.id).analytics(c.req.valid('query')), 200);
  },
);
