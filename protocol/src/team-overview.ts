/** What a team sees first: what runs, what failed, with what it builds, and what needs someone. */
import { z } from 'zod';
import { App, AppsQuery } from './app.ts';
import { Deployment, Plan } from './deployment.ts';
import { ObjectId, Slug, Timestamp } from './ids.ts';
import { DiskUse, StorageUse } from './overview.ts';
import { Runner } from './runner.ts';

/** How many ended builds a list of apps has of each. */
export const MAX_RECENT_BUILDS = 20;

/** A build that succeeded or failed. */
export const RecentBuild = z
  .strictObject({
    id: ObjectId,
    number: z.int().min(0),
    status: z.enum(['success', 'failed']),
    /** Null if no runner had started it. */
    durationSeconds: z.number().nullable(),
    createdAt: Timestamp,
  })
  .meta({ id: 'RecentBuild' });
export type RecentBuild = z.infer<typeof RecentBuild>;

/** A deployment without its artifacts, site and URLs, for lists of apps. */
export const LatestDeployment = Deployment.pick({
  id: true,
  number: true,
  status: true,
  phase: true,
  phases: true,
  trigger: true,
  creator: true,
  pullRequest: true,
  skipped: true,
  approval: true,
  tag: true,
  commitHash: true,
  commitMessage: true,
  branch: true,
  uploadName: true,
  environment: true,
  version: true,
  failure: true,
  createdAt: true,
  startedAt: true,
  finishedAt: true,
  durationSeconds: true,
})
  .extend({ plan: Plan.pick({ type: true, framework: true }).nullable() })
  .meta({ id: 'LatestDeployment' });
export type LatestDeployment = z.infer<typeof LatestDeployment>;

/** What happened to an app last. */
export const AppActivity = z
  .strictObject({
    /** The newest deployment that wasn't skipped; null before the first. */
    latest: LatestDeployment.nullable(),
    /** The last builds that succeeded or failed, newest first. */
    builds: z.array(RecentBuild).max(MAX_RECENT_BUILDS),
    /** Whether the caller marked it as a favourite. Of a token, false. */
    isFavourite: z.boolean(),
  })
  .meta({ id: 'AppActivity' });
export type AppActivity = z.infer<typeof AppActivity>;

/** An app in a list; `activity` is there if the query asks for it. */
export const ListedApp = App.extend({ activity: AppActivity.optional() }).meta({ id: 'ListedApp' });
export type ListedApp = z.infer<typeof ListedApp>;

/** An app with its activity. */
export const ActiveApp = App.extend({ activity: AppActivity }).meta({ id: 'ActiveApp' });
export type ActiveApp = z.infer<typeof ActiveApp>;

/** Query of the list of apps; `include=activity` adds each app's latest deployment and last builds. */
export const ListAppsQuery = AppsQuery.extend({ include: z.literal('activity').optional() });

const AppRef = z.strictObject({ slug: Slug, name: z.string() });
const RunnerRef = z.strictObject({ id: ObjectId, name: z.string() });

/** Something that goes wrong, or waits, until someone does something about it. */
export const Attention = z
  .discriminatedUnion('kind', [
    /** A deployment of a fork waits for approval. */
    z.strictObject({
      kind: z.literal('approval'),
      app: AppRef,
      deploymentId: ObjectId,
      number: z.int().min(0),
      title: z.string(),
      since: Timestamp,
    }),
    /** No runner is connected that takes builds. `registered`: how many there are. */
    z.strictObject({ kind: z.literal('no_runner'), registered: z.int().min(0) }),
    z.strictObject({ kind: z.literal('runner_offline'), runner: RunnerRef, lastSeenAt: Timestamp }),
    /** Its own settings ask for more than it is registered for. */
    z.strictObject({
      kind: z.literal('runner_asks_more'),
      runner: RunnerRef,
      differences: z.array(z.string()),
    }),
    z.strictObject({
      kind: z.literal('runner_outdated'),
      runner: RunnerRef,
      version: z.string(),
      current: z.string(),
    }),
    /** It takes no builds until it has more disk space. */
    z.strictObject({
      kind: z.literal('runner_disk'),
      runner: RunnerRef,
      freeBytes: z.number().nonnegative(),
      neededBytes: z.number().nonnegative(),
    }),
    /** The instance takes no new work until it has more disk space. Only for the team of the instance's owner. */
    z.strictObject({
      kind: z.literal('instance_disk'),
      freeBytes: z.number().nonnegative(),
      neededBytes: z.number().nonnegative(),
    }),
    z.strictObject({
      kind: z.literal('domain'),
      app: AppRef,
      host: z.string(),
      status: z.enum(['pending', 'failed']),
      /** What the last check found missing. */
      error: z.string().nullable(),
    }),
    /** The release of an app is larger than a size budget. */
    z.strictObject({
      kind: z.literal('size_budget'),
      app: AppRef,
      deploymentId: ObjectId,
      /** The budgets that are exceeded, such as `JavaScript (gzip)`. */
      exceeded: z.array(z.string()).min(1),
    }),
    /** An API token that expires soon, or did a short time ago. */
    z.strictObject({ kind: z.literal('token'), id: ObjectId, name: z.string(), expiresAt: Timestamp }),
  ])
  .meta({ id: 'Attention' });
export type Attention = z.infer<typeof Attention>;

/** The newest failed deployment of an app. */
export const LastFailure = z
  .strictObject({
    deployment: Deployment,
    /** Whether the app was built since. */
    hasRecovered: z.boolean(),
  })
  .meta({ id: 'LastFailure' });
export type LastFailure = z.infer<typeof LastFailure>;

/** The team's overview. A section is null if it could not be read, or is not for the caller. */
export const TeamOverview = z
  .strictObject({
    at: Timestamp,
    /** The caller's favourites, then the apps that were deployed last; a few of them. */
    apps: z.array(ActiveApp),
    /** Deployments that have not ended: what builds, then what waits, each newest first. */
    running: z.array(Deployment),
    /** One of each app, newest first. */
    failures: z.array(LastFailure),
    /** 50 at most, those that are online first. */
    runners: z.array(Runner).nullable(),
    /** Only for the team of the instance's owner; `use` is null before the first measurement. */
    storage: z
      .strictObject({ use: StorageUse.nullable(), disk: DiskUse.omit({ what: true }).nullable() })
      .nullable(),
    attention: z.array(Attention),
  })
  .meta({ id: 'TeamOverview' });
export type TeamOverview = z.infer<typeof TeamOverview>;
