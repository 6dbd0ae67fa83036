/** How the instance's backups go: the backup command reports it, and the operator reads it. */
import { BackupStatus, Backups } from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { bearer, json, jsonBody, refusals, router } from '../http/router.ts';
import { sweepOf } from '../retention/object.ts';
import { operatorOnly } from './operator.ts';

export const backups = router();

backups.openapi(
  createRoute({
    method: 'get',
    path: '/api/ops/backup',
    tags: ['operator'],
    summary: 'Get the age of the last backup, and why the last attempt failed',
    security: bearer,
    middleware: operatorOnly,
    responses: { 200: json(Backups, 'The state of the backups'), ...refusals },
  }),
  async (c) => {
    const status = await sweepOf(c.env).backup();
    const at = status?.succeededAt ?? null;
    // A clock that was set back makes no negative age.
    const ageSeconds = at === null ? null : Math.max(0, Math.floor((Date.now() - Date.parse(at)) / 1000));
    return c.json({ status, ageSeconds }, 200);
  },
);

backups.openapi(
  createRoute({
    method: 'put',
    path: '/api/ops/backup',
    tags: ['operator'],
    summary: 'Report how a backup went',
    security: bearer,
    middleware: operatorOnly,
    request: { body: jsonBody(BackupStatus) },
    responses: { 200: json(z.strictObject({}), 'It is stored'), ...refusals },
  }),
  async (c) => {
    await sweepOf(c.env).noteBackup(c.req.valid('json'));
    return c.json({}, 200);
  },
);
