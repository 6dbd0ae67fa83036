/**
 * What a running server of a site shows of itself: its log, and how often, how fast and how well it answered. The server
 * host sends batches to the control plane; people read lines and hours. docs/server-sites.md describes both.
 */
import { z } from 'zod';
import { Environment, ObjectId, Timestamp } from './ids.ts';

/** Limits of the log of a running server. Sizes are in bytes. */
export const RUNTIME_LIMITS = {
  /** A line; what is longer is cut. */
  lineBytes: 8 * 1024,
  /** What a deployment may log in a minute. The rest is dropped and counted. */
  linesPerMinute: 1_000,
  bytesPerMinute: 256 * 1024,
  /** What an app keeps of lines, for how long, in milliseconds. */
  keptBytes: 10_000_000,
  keptMs: 24 * 60 * 60 * 1000,
  /** How long hours are kept, in days. */
  hourDays: 35,
} as const;

/** The most hours that analytics cover. */
export const MAX_RUNTIME_HOURS = RUNTIME_LIMITS.hourDays * 24;

/** The most lines of one batch, and of one page. */
export const MAX_RUNTIME_LINES = 1_000;

export const RuntimeLevel = z.enum(['debug', 'info', 'warn', 'error']);
export type RuntimeLevel = z.infer<typeof RuntimeLevel>;

/**
 * What wrote a line: the site by `console`; an error that the site did not catch; AppFlux, with what it refused or
 * dropped (`notice`); or AppFlux, with how a run of a `scheduled` handler went (`cron`).
 */
export const RuntimeKind = z.enum(['console', 'exception', 'notice', 'cron']);
export type RuntimeKind = z.infer<typeof RuntimeKind>;

/** A place in the site's source, as its source map says. */
export const SourcePlace = z
  .strictObject({
    file: z.string().min(1).max(500),
    line: z.int().min(1),
    column: z.int().min(1),
  })
  .meta({ id: 'SourcePlace' });
export type SourcePlace = z.infer<typeof SourcePlace>;

/** What happened in a server, before it has a number. */
export const RuntimeEvent = z.strictObject({
  at: Timestamp,
  kind: RuntimeKind,
  level: RuntimeLevel,
  /** Without control characters but tabs and line feeds, and with the values of the app's variables masked. */
  text: z.string().max(RUNTIME_LIMITS.lineBytes),
  /** The frames of an error's stack, one a line. */
  stack: z.string().max(RUNTIME_LIMITS.lineBytes).nullable(),
  /** The request that it happened in. Without the query, which may hold secrets. */
  request: z.strictObject({ method: z.string().max(20), path: z.string().max(1_000) }).nullable(),
  /** The expression of the run that it happened in. */
  cron: z.string().max(100).nullable(),
});
export type RuntimeEvent = z.infer<typeof RuntimeEvent>;

/** Whose log or hours these are. */
const RuntimeSubject = z.strictObject({
  appId: ObjectId,
  deploymentId: ObjectId,
  environment: Environment,
});
export type RuntimeSubject = z.infer<typeof RuntimeSubject>;

/** Buckets of durations: bucket `i` ends at 2^(i/3) milliseconds, the last one has no end. */
export const DURATION_BUCKETS = 52;

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** What was counted of a server in one hour, or a part of it. */
export const RuntimeCounts = z.strictObject({
  /** When the hour began. */
  at: Timestamp,
  requests: count,
  /** Answers of 500 and above, and requests that had none. */
  errors: count,
  /** CPU time, in milliseconds; 0 where the platform doesn't measure it. */
  cpuMs: z.number().min(0),
  /** How many requests took so long until the answer began: pairs of a bucket and a number, only those that have any. */
  durations: z
    .array(
      z.tuple([
        z
          .int()
          .min(0)
          .max(DURATION_BUCKETS - 1),
        count,
      ]),
    )
    .max(DURATION_BUCKETS),
});
export type RuntimeCounts = z.infer<typeof RuntimeCounts>;

/** What the server host has gathered: the body of POST /events. One that arrives twice counts once. */
export const RuntimeBatch = z.strictObject({
  id: z.uuid(),
  entries: z
    .array(
      z.strictObject({
        ...RuntimeSubject.shape,
        events: z.array(RuntimeEvent).max(MAX_RUNTIME_LINES),
        counts: z.array(RuntimeCounts).max(48),
      }),
    )
    .max(1_000),
});
export type RuntimeBatch = z.infer<typeof RuntimeBatch>;

/** A line of the log. `seq` counts from 1 over all deployments of an app. */
export const RuntimeLine = z
  .strictObject({
    seq: z.int().min(1),
    ...RuntimeEvent.shape,
    deploymentId: ObjectId,
    environment: Environment,
    /** Where in the source an error was thrown; null where no source map says so. `stack` is mapped, too. */
    place: SourcePlace.nullable(),
  })
  .meta({ id: 'RuntimeLine' });
export type RuntimeLine = z.infer<typeof RuntimeLine>;

/** Which lines are asked for. `level`: that one and those above it. */
export const RuntimeFilter = z.strictObject({
  environment: Environment.optional(),
  deploymentId: ObjectId.optional(),
  level: RuntimeLevel.optional(),
});
export type RuntimeFilter = z.infer<typeof RuntimeFilter>;

/** Query of a page: the lines after a number, or before one; without both, the newest. */
export const RuntimeLogQuery = z
  .strictObject({
    ...RuntimeFilter.shape,
    after: z.coerce.number().int().min(0).optional(),
    before: z.coerce.number().int().min(1).optional(),
    limit: z.coerce.number().int().min(1).max(MAX_RUNTIME_LINES).default(200),
  })
  .refine(({ after, before }) => after === undefined || before === undefined, {
    message: 'Use either after or before',
  });

/** Query of the live log: the lines after a number, and all new ones; without a number, only new ones. */
export const RuntimeTailQuery = z.strictObject({
  ...RuntimeFilter.shape,
  after: z.coerce.number().int().min(0).optional(),
});
export type RuntimeTailQuery = z.infer<typeof RuntimeTailQuery>;

/** Some lines, in order. To go on, ask for those after `nextAfter`, or for those before `previousBefore`. */
export const RuntimeLogPage = z
  .strictObject({
    items: z.array(RuntimeLine),
    /** The number of the newest line of the whole log. */
    lastSeq: z.int().min(0),
    /** Every matching line up to this number was sent. Below `lastSeq`, there are more. */
    nextAfter: z.int().min(0),
    /** Older lines that match may be before this number; null when there are none. */
    previousBefore: z.int().min(1).nullable(),
  })
  .meta({ id: 'RuntimeLogPage' });
export type RuntimeLogPage = z.infer<typeof RuntimeLogPage>;

/** Subprotocol of the live log of a server. */
export const RUNTIME_SUBPROTOCOL = 'appflux.runtime.v1';

/** Messages to a viewer, who reports what it has read as viewers of other logs do (`FromViewer`). */
export const RuntimeFrame = z.discriminatedUnion('type', [
  /** Every matching line up to `upTo` was sent. */
  z.object({ type: z.literal('lines'), lines: z.array(RuntimeLine), upTo: z.int().min(0) }),
  /** The viewer has lines that are not in the log: it discards those after `lastSeq`. */
  z.object({ type: z.literal('rewind'), lastSeq: z.int().min(0) }),
]);
export type RuntimeFrame = z.infer<typeof RuntimeFrame>;

export const RuntimeAnalyticsQuery = z.strictObject({
  hours: z.coerce.number().int().min(1).max(MAX_RUNTIME_HOURS).default(24),
  environment: Environment.optional(),
  deploymentId: ObjectId.optional(),
});
export type RuntimeAnalyticsQuery = z.infer<typeof RuntimeAnalyticsQuery>;

const Performance = {
  requests: count,
  errors: count,
  /** Half, and 95 %, of the requests were answered within this time; null without requests. Within 13 %. */
  p50Ms: z.number().min(0).nullable(),
  p95Ms: z.number().min(0).nullable(),
  cpuMs: z.number().min(0),
};

/** How a server answered, by hour in UTC; hours without requests are in it, too. The last one isn't over yet. */
export const RuntimeAnalytics = z
  .strictObject({
    hours: z.array(z.strictObject({ at: Timestamp, ...Performance })),
    totals: z.strictObject(Performance),
  })
  .meta({ id: 'RuntimeAnalytics' });
export type RuntimeAnalytics = z.infer<typeof RuntimeAnalytics>;
