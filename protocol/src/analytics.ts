/** Analytics: how a team's builds ended and what was downloaded, per day in UTC. */
import { z } from 'zod';
import { Slug } from './ids.ts';

/** The longest period of analytics, in days, today included. */
export const MAX_ANALYTICS_DAYS = 365;

export const AnalyticsQuery = z.strictObject({
  days: z.coerce.number().int().min(1).max(MAX_ANALYTICS_DAYS).default(30),
  /** One app, by its slug; the whole team if absent. */
  app: Slug.optional(),
});
export type AnalyticsQuery = z.infer<typeof AnalyticsQuery>;

const Count = z.int().min(0);
const Day = z.iso.date().meta({ example: '2026-11-01' });
const NamedApp = z.strictObject({ slug: Slug, name: z.string() });

/** Deployments by how they ended. */
const Ended = { success: Count, failed: Count, canceled: Count };

export const AnalyticsDay = z
  .strictObject({ day: Day, ...Ended, downloads: Count })
  .meta({ id: 'AnalyticsDay' });
export type AnalyticsDay = z.infer<typeof AnalyticsDay>;

/** In seconds, by nearest rank: the smallest value that at least 50 or 95 of 100 do not exceed. */
export const Percentiles = z.strictObject({ p50: z.number(), p95: z.number() }).meta({ id: 'Percentiles' });
export type Percentiles = z.infer<typeof Percentiles>;

export const Analytics = z
  .strictObject({
    /** The first and the last day, both included. The last is today, up to now. */
    from: Day,
    to: Day,
    app: NamedApp.nullable(),
    /** Every day from `from` to `to`. A deployment counts on the day on which it ended. */
    days: z.array(AnalyticsDay),
    builds: z.strictObject({
      ...Ended,
      /** Succeeded divided by succeeded and failed, from 0 to 1; null if there were neither. */
      successRate: z.number().min(0).max(1).nullable(),
      /** From the first claim to the end, of those that succeeded; null if there is none. */
      durationSeconds: Percentiles.nullable(),
      /** From the request to the first claim, of all that were claimed; null if there is none. */
      waitingSeconds: Percentiles.nullable(),
    }),
    downloads: Count,
    /** The apps with the most builds, and with the most downloads: ten each at most. */
    topBuilds: z.array(z.strictObject({ app: NamedApp, ...Ended })),
    topDownloads: z.array(z.strictObject({ app: NamedApp, downloads: Count })),
  })
  .meta({ id: 'Analytics' });
export type Analytics = z.infer<typeof Analytics>;

/** How often each artifact of a deployment was downloaded. Artifacts without downloads are absent. */
export const DeploymentDownloads = z
  .strictObject({
    items: z.array(z.strictObject({ name: z.string(), downloads: Count })),
    total: Count,
  })
  .meta({ id: 'DeploymentDownloads' });
export type DeploymentDownloads = z.infer<typeof DeploymentDownloads>;
