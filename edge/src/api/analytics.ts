/** Analytics: how builds went and what was downloaded. */
import { Analytics, AnalyticsQuery, DeploymentDownloads, ObjectId } from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { bearer, json, needs, refusals, router } from '../http/router.ts';
import type { BuildCounts, DayRange, DownloadCounts, NamedApp } from '../metadata/analytics.ts';
import { daysOf, lastDays } from '../metadata/day.ts';
import { ownedApp } from './apps.ts';
import { ownedDeployment } from './deployments.ts';

export const analytics = router();

analytics.openapi(
  createRoute({
    method: 'get',
    path: '/api/analytics',
    summary: 'Builds and downloads by day, success rate, durations',
    description:
      'For the team or one app, for the last `days` days in UTC, including today. A deployment counts on the day it ended.',
    tags: ['analytics'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    request: { query: AnalyticsQuery },
    responses: { 200: json(Analytics, 'Analytics'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const { days, app: slug } = c.req.valid('query');
    const { ownerId } = c.get('caller');
    const app = slug === undefined ? null : await ownedApp(metadata, ownerId, slug);
    const scope = app === null ? { ownerId } : { ownerId, appId: app.id };
    const range = lastDays(days, Date.now());
    const [builds, downloads] = await Promise.all([
      metadata.analytics.builds(scope, range),
      metadata.analytics.downloads(scope, range),
    ]);
    return c.json(toAnalytics(range, app, builds, downloads), 200);
  },
);

/** The API's answer for what was counted. */
export function toAnalytics(
  range: DayRange,
  app: NamedApp | null,
  builds: BuildCounts,
  downloads: DownloadCounts,
): Analytics {
  const built = new Map(builds.days.map(({ day, ...ended }) => [day, ended]));
  const downloaded = new Map(downloads.days.map((counted) => [counted.day, counted.downloads]));
  const days = daysOf(range).map((day) => ({
    day,
    ...(built.get(day) ?? { success: 0, failed: 0, canceled: 0 }),
    downloads: downloaded.get(day) ?? 0,
  }));
  const sum = (member: 'success' | 'failed' | 'canceled' | 'downloads') =>
    days.reduce((total, day) => total + day[member], 0);
  const [success, failed] = [sum('success'), sum('failed')];
  return {
    ...range,
    app: app && { slug: app.slug, name: app.name },
    days,
    builds: {
      success,
      failed,
      canceled: sum('canceled'),
      successRate: success + failed === 0 ? null : success / (success + failed),
      durationSeconds: builds.durationSeconds,
      waitingSeconds: builds.waitingSeconds,
    },
    downloads: sum('downloads'),
    topBuilds: builds.top.map(({ app: { slug, name }, ended }) => ({ app: { slug, name }, ...ended })),
    topDownloads: downloads.top,
  };
}

analytics.openapi(
  createRoute({
    method: 'get',
    path: '/api/deployments/{id}/downloads',
    summary: 'How often a deployment’s artifacts were downloaded',
    description:
      'A download counts once, however many range requests it takes, and a few seconds after it began.',
    tags: ['analytics'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    request: { params: z.object({ id: ObjectId }) },
    responses: { 200: json(DeploymentDownloads, 'Downloads'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const { id } = await ownedDeployment(metadata, c.get('caller').ownerId, c.req.valid('param').id);
    const items = await metadata.downloads.ofDeployment(id);
    return c.json({ items, total: items.reduce((total, { downloads }) => total + downloads, 0) }, 200);
  },
);
