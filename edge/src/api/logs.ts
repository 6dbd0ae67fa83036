/** Logs: by polling, whole, and live. */
import {
  AppFluxError,
  ErrorBody,
  hasEnded,
  LOGS_SUBPROTOCOL,
  LogOutline,
  LogPage,
  LogQuery,
  ObjectId,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { bearer, json, needs, refusals, router } from '../http/router.ts';
import { openPacked } from '../logs/archive/read.ts';
import { replayArchive } from '../logs/replay.ts';
import type { DeploymentRecord, Metadata } from '../metadata/metadata.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { logRemoved } from '../retention/removed.ts';
import { passOn } from '../sockets/refuse.ts';
import { ownedDeployment, stillThere } from './deployments.ts';
import { ARCHIVE_HEADERS, archived, hasArchived, openArchive, takesGzip } from './finished-log.ts';

const ById = z.object({ id: ObjectId });
const After = LogQuery.pick({ after: true });

/** The owner's deployment of that id; `log_removed` when its log is not kept any more. */
async function withLog(metadata: Metadata, ownerId: string, id: string): Promise<DeploymentRecord> {
  const record = await ownedDeployment(metadata, ownerId, id);
  if (record.logRemovedAt !== null) throw logRemoved(record.logRemovedAt);
  return record;
}

const answers = {
  ...refusals,
  304: { description: 'Not modified: an archived log doesn’t change' },
  410: json(ErrorBody, 'Removed by retention'),
};

/** The log of a deployment that was skipped, which nothing is stored of. */
const NO_LINES = {
  // biome-ignore lint/correctness/useYield: it has none
  async *linesAfter() {
    return 0;
  },
};

export const logs = router();

logs.openapi(
  createRoute({
    method: 'get',
    path: '/api/deployments/{id}/logs',
    summary: 'Get lines of the log after a line number',
    tags: ['logs'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    request: {
      params: ById,
      query: LogQuery,
    },
    responses: { 200: json(LogPage, 'Lines'), ...answers },
  }),
  async (c) => {
    const { after, limit } = c.req.valid('query');
    const record = await withLog(c.get('metadata'), c.get('caller').ownerId, c.req.valid('param').id);
    if (record.skipped !== null) return c.json({ items: [], lastSeq: 0, ended: true }, 200);
    const object = deploymentOf(c.env, record.id);
    const live = record.logKey === null ? await object.logs(after, limit) : null;
    if (live !== null) return c.json(live, 200);
    const { record: told } =
      record.logKey === null ? stillThere(await object.snapshot(), record.id) : { record };
    if (hasArchived(c)) return c.body(null, 304, ARCHIVE_HEADERS);
    const archive = await openArchive(c.get('objects'), told);
    return c.json({ ...(await archive.page(after, limit)), ended: true }, 200, ARCHIVE_HEADERS);
  },
);

logs.openapi(
  createRoute({
    method: 'get',
    path: '/api/deployments/{id}/logs/outline',
    summary: 'Get sections and length of an archived log',
    tags: ['logs'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    request: { params: ById },
    responses: { 200: json(LogOutline, 'The outline'), ...answers },
  }),
  async (c) => {
    const record = await withLog(c.get('metadata'), c.get('caller').ownerId, c.req.valid('param').id);
    const { record: told } =
      record.logKey === null
        ? stillThere(await deploymentOf(c.env, record.id).snapshot(), record.id)
        : { record };
    if (told.logKey === null) {
      throw new AppFluxError('log_not_archived', 'The log of this deployment isn’t archived yet', {
        hint: 'It is archived when the deployment has ended. Until then, follow it with /logs/live.',
      });
    }
    if (hasArchived(c)) return c.body(null, 304, ARCHIVE_HEADERS);
    return c.json(await (await openArchive(c.get('objects'), told)).outline(), 200, ARCHIVE_HEADERS);
  },
);

// The typed router takes NDJSON for JSON, so this route is described manually.
logs.openAPIRegistry.registerPath({
  method: 'get',
  path: '/api/deployments/{id}/logs.ndjson',
  summary: 'Download the whole log as NDJSON',
  tags: ['logs'],
  security: bearer,
  request: { params: ById },
  responses: {
    200: { description: 'The log', content: { 'application/x-ndjson': { schema: z.string() } } },
    ...answers,
  },
});

logs.get('/api/deployments/:id/logs.ndjson', needs('deployments:read'), async (c) => {
  const { metadata, objects, caller } = c.var;
  const record = await withLog(metadata, caller.ownerId, idOf(c.req.param('id')));
  const object = deploymentOf(c.env, record.id);
  const isLive = record.logKey === null && record.skipped === null;
  const live = isLive ? await object.ndjson() : null;
  const { record: told } =
    isLive && live === null ? stillThere(await object.snapshot(), record.id) : { record };
  const headers = {
    'Content-Type': 'application/x-ndjson; charset=utf-8',
    'Content-Disposition': `attachment; filename="${record.app.slug}-${record.id}.ndjson"`,
    'X-Content-Type-Options': 'nosniff',
  };
  if (record.skipped !== null) return c.body('', 200, headers);
  if (live !== null) return c.body(live, 200, headers);
  const ofArchive = { ...headers, ...ARCHIVE_HEADERS };
  if (hasArchived(c)) return c.body(null, 304, ofArchive);
  const packed = await archived(openPacked, objects, told);
  if (!takesGzip(c)) return c.body(packed.pipeThrough(new DecompressionStream('gzip')), 200, ofArchive);
  // As it is stored: it costs no processor time here, and a tenth of the bytes on the way.
  return new Response(packed, {
    headers: { ...ofArchive, 'Content-Encoding': 'gzip' },
    encodeBody: 'manual',
  });
});

// A WebSocket, which OpenAPI cannot describe: docs/api.md does.
logs.get('/api/deployments/:id/logs/live', needs('deployments:read'), async (c) => {
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') {
    throw new AppFluxError('bad_request', 'The live log is a WebSocket', {
      hint: `Offer the subprotocol ${LOGS_SUBPROTOCOL}.`,
    });
  }
  const query = After.safeParse(c.req.query());
  if (!query.success) throw new AppFluxError('bad_request', 'Invalid query: `after` must be a line number');
  const { after } = query.data;
  const { metadata, objects, caller } = c.var;
  const record = await withLog(metadata, caller.ownerId, idOf(c.req.param('id')));
  if (record.skipped !== null) return replayArchive(record.status, NO_LINES, after);
  if (hasEnded(record.status) && record.logKey !== null) {
    return replayArchive(record.status, await openArchive(objects, record), after);
  }
  const object = deploymentOf(c.env, record.id);
  const by = `${caller.kind} ${caller.userId ?? caller.id}`;
  const viewer = `https://deployment/viewer?${new URLSearchParams({ after: String(after), by })}`;
  const answer = await object.fetch(new Request(viewer, c.req.raw));
  if (answer.status !== 410 && answer.status !== 404) return passOn(answer);
  // Archived already, though metadata does not know it yet; or removed.
  const { record: told } = stillThere(await object.snapshot(), record.id);
  return replayArchive(told.status, await openArchive(objects, told), after);
});

function idOf(text: string): string {
  const id = ObjectId.safeParse(text);
  if (!id.success) throw new AppFluxError('not_found', `There is no deployment ${text}`);
  return id.data;
}
