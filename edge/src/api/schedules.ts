/** Schedules: deploy an app at certain times. */
import {
  AppFluxError,
  type Schedule,
  ScheduleList,
  type ScheduleStatus,
  Schedules,
  Slug,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { requireDue } from '../cron-expression.ts';
import { audited, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { firstDue, isSame } from '../schedules/due.ts';
import { ownedApp } from './apps.ts';

const BySlug = z.object({ slug: Slug });

/** How often a change is tried while schedules run at the same moment. */
const TRIES = 5;

export const schedules = router();

schedules.openapi(
  createRoute({
    method: 'get',
    path: '/api/apps/{slug}/schedules',
    summary: 'List an app’s schedules, and when they ran',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('apps:read')] as const,
    request: { params: BySlug },
    responses: { 200: json(ScheduleList, 'Schedules'), ...refusals },
  }),
  async (c) => {
    const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, c.req.valid('param').slug);
    return c.json({ items: app.schedules }, 200);
  },
);

schedules.openapi(
  createRoute({
    method: 'put',
    path: '/api/apps/{slug}/schedules',
    summary: 'Replace an app’s schedules',
    description:
      'Cron expressions of five fields, in UTC. A schedule that stays the same keeps when it last ran. One that would never run is refused.',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('apps:write')] as const,
    request: { params: BySlug, body: jsonBody(Schedules) },
    responses: { 200: json(ScheduleList, 'Schedules'), ...refusals },
  }),
  async (c) => {
    const { apps } = c.get('metadata');
    const wanted = c.req.valid('json');
    const { ownerId } = c.get('caller');
    for (let tries = 0; tries < TRIES; tries += 1) {
      const app = await ownedApp(c.get('metadata'), ownerId, c.req.valid('param').slug);
      const items = scheduled(app, wanted, new Date());
      const change = { schedules: items, scheduleDueAt: firstDue(items), schedulesRevision: newObjectId() };
      if (!(await apps.replaceSchedules(app.id, app.schedulesRevision, change))) continue;
      await audited(c, 'app.schedules', { kind: 'app', id: app.id, name: app.slug });
      return c.json({ items }, 200);
    }
    throw new AppFluxError('in_progress', 'The schedules of this app are running', { hint: 'Try again.' });
  },
);

/** The schedules as they stand from `now` on. Throws AppFluxError `unprocessable` for those that can't be. */
function scheduled(app: AppRecord, wanted: readonly Schedule[], now: Date): ScheduleStatus[] {
  if (wanted.length > 0 && app.source.provider === 'upload') {
    throw new AppFluxError(
      'unprocessable',
      `${app.name} is built from uploads, so there is nothing to deploy by itself`,
      {
        hint: 'Connect a repository first.',
      },
    );
  }
  return wanted.map((schedule, index) => {
    if (wanted.slice(0, index).some((other) => isSame(other, schedule))) {
      throw new AppFluxError('unprocessable', `“${schedule.cron}” is there twice for the same branch`, {
        hint: 'Remove one of them.',
      });
    }
    const nextAt = requireDue(schedule.cron, now).toISOString();
    const before = app.schedules.find((other) => isSame(other, schedule));
    return {
      ...schedule,
      nextAt: before?.nextAt ?? nextAt,
      lastAt: before?.lastAt ?? null,
      lastDeploymentId: before?.lastDeploymentId ?? null,
      missed: before?.missed ?? 0,
    };
  });
}
