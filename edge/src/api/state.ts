/** State of sites: list, export and delete what the bindings of an app hold. */
import {
  AppFluxError,
  BindingName,
  Slug,
  STATE_EXPORT_EXTENSION,
  STATE_EXPORT_TYPE,
  StateList,
  StateScope,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import type { Env } from '../env.ts';
import { audited, bearer, json, needs, refusals, router } from '../http/router.ts';
import { deleteState, exportState, stateUsage } from '../servers/state/remote.ts';
import { ownedApp } from './apps.ts';

const BySlug = z.object({ slug: Slug });
const ByBinding = z.object({ slug: Slug, environment: StateScope, binding: BindingName });

export const state = router();

state.openapi(
  createRoute({
    method: 'get',
    path: '/api/apps/{slug}/state',
    summary: 'List what the bindings of an app hold',
    description: 'Key-value pairs and SQLite databases of sites with a server, by environment and binding.',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('apps:read')] as const,
    request: { params: BySlug },
    responses: { 200: json(StateList, 'What there is'), ...refusals },
  }),
  async (c) => {
    const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, c.req.valid('param').slug);
    const { SERVERS } = c.env;
    return c.json({ items: SERVERS === undefined ? [] : await stateUsage(SERVERS, app.id) }, 200);
  },
);

const exportPath = '/api/apps/{slug}/state/{environment}/{binding}/export';

// The typed router takes these media types for no JSON, so the route is described manually.
state.openAPIRegistry.registerPath({
  method: 'get',
  path: exportPath,
  summary: 'Export what a binding holds',
  description:
    'A database as SQL that `sqlite3` reads back; key-value pairs as a JSON object per line. A site’s writes to a database wait until the export has ended.',
  tags: ['apps'],
  security: bearer,
  request: { params: ByBinding },
  responses: {
    200: {
      description: 'The content. It is complete only if the connection ends without an error',
      content: Object.fromEntries(
        Object.values(STATE_EXPORT_TYPE).map((type) => [type, { schema: z.string() }]),
      ),
    },
    ...refusals,
  },
});

state.get(exportPath.replaceAll(/\{(\w+)\}/g, ':$1'), needs('admin'), async (c) => {
  const place = ByBinding.safeParse(c.req.param());
  if (!place.success) throw nothingThere();
  const { slug, environment, binding } = place.data;
  const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, slug);
  const found = await exportState(serversOf(c.env), { appId: app.id, environment, binding });
  if (found === null) throw nothingThere();
  await audited(c, 'state.export', { kind: 'app', id: app.id, name: `${slug}: ${environment} ${binding}` });
  const { kind, content } = found;
  const name = `${slug}-${environment}-${binding}.${STATE_EXPORT_EXTENSION[kind]}`;
  return new Response(content, {
    headers: {
      'Content-Type': STATE_EXPORT_TYPE[kind],
      'Content-Disposition': `attachment; filename="${name}"`,
    },
  });
});

state.openapi(
  createRoute({
    method: 'delete',
    path: '/api/apps/{slug}/state/{environment}/{binding}',
    summary: 'Delete what a binding holds, permanently',
    description: 'A site that uses the binding begins again with nothing.',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('admin')] as const,
    request: { params: ByBinding },
    responses: { 204: { description: 'It is deleted' }, ...refusals },
  }),
  async (c) => {
    const { slug, environment, binding } = c.req.valid('param');
    const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, slug);
    if (!(await deleteState(serversOf(c.env), { appId: app.id, environment, binding }))) throw nothingThere();
    await audited(c, 'state.delete', { kind: 'app', id: app.id, name: `${slug}: ${environment} ${binding}` });
    return c.body(null, 204);
  },
);

function serversOf({ SERVERS }: Pick<Env, 'SERVERS'>): Fetcher {
  if (SERVERS === undefined) throw nothingThere();
  return SERVERS;
}

const nothingThere = () =>
  new AppFluxError('not_found', 'This binding holds nothing in this environment', {
    hint: 'GET /api/apps/:slug/state lists what there is.',
  });
