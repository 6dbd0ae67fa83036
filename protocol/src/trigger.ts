/** Triggers: what starts a deployment, who did it, and what an app makes of it. */
import { z } from 'zod';
import { BranchName } from './app-source.ts';
import { Environment, ObjectId, Timestamp } from './ids.ts';

/** A pattern for paths or tags, such as `docs/**` or `v*`. */
export const Glob = z
  .string()
  .trim()
  .min(1)
  .max(512)
  .regex(/^\P{Cc}*$/u, 'A pattern can’t contain control characters');

/** How many patterns `include` and `exclude` each have at most. */
export const MAX_TRIGGER_GLOBS = 50;

const triggerFields = {
  /** Whether pushes to branches are deployed. */
  push: z.boolean(),
  /** Whether pull requests are deployed as previews. */
  pullRequests: z.boolean(),
  /** `all`: branches other than the production branch are deployed as previews. */
  branches: z.enum(['all', 'production']),
  /** The tags that are deployed to production; null for none. */
  tags: Glob.nullable(),
  /** If there are any, only changes of these paths are deployed. A leading `/` means the top of the repository. */
  include: z.array(Glob).max(MAX_TRIGGER_GLOBS),
  /** Changes of nothing but these paths aren't deployed. */
  exclude: z.array(Glob).max(MAX_TRIGGER_GLOBS),
  /** Whether pull requests from forks wait for approval, or are never deployed. */
  forks: z.enum(['approve', 'never']),
};

/** Which events of its repository an app is deployed for. */
export const TriggerRules = z.strictObject(triggerFields).meta({ id: 'TriggerRules' });
export type TriggerRules = z.infer<typeof TriggerRules>;

/** The rules of an app that sets none. */
export const DEFAULT_TRIGGERS: TriggerRules = {
  push: true,
  pullRequests: true,
  branches: 'all',
  tags: null,
  include: [],
  exclude: [],
  forks: 'approve',
};

/** Some rules of an app; the others stay as they are. */
export const TriggerChange = z.strictObject(triggerFields).partial().meta({ id: 'TriggerChange' });
export type TriggerChange = z.infer<typeof TriggerChange>;

/**
 * Who or what created a deployment. `name` is the user's email, the token's or deploy hook's name, a schedule's cron
 * expression, or what the Git host calls the sender of an event (`github`; `git` for other hosts).
 */
export const Creator = z
  .strictObject({
    kind: z.enum(['user', 'token', 'hook', 'github', 'schedule', 'git']),
    name: z.string().max(320),
  })
  .meta({ id: 'Creator' });
export type Creator = z.infer<typeof Creator>;

/** The pull request or merge request that a deployment belongs to. */
export const PullRequestRef = z
  .strictObject({
    number: z.int().min(1),
    title: z.string().max(300),
    url: z.url({ protocol: /^https?$/ }).max(2048),
    /** It comes from a repository that people outside of the team can write to. */
    fork: z.boolean(),
  })
  .meta({ id: 'PullRequest' });
export type PullRequestRef = z.infer<typeof PullRequestRef>;

/** Why a trigger made no build. */
export const Skipped = z.strictObject({ reason: z.string().min(1).max(500) }).meta({ id: 'Skipped' });
export type Skipped = z.infer<typeof Skipped>;

/** The approval that a fork's deployment needs. Until then it is queued, and no runner gets it. */
export const Approval = z
  .strictObject({
    state: z.enum(['required', 'approved']),
    /** Who approved it; null before. */
    by: z.string().nullable(),
  })
  .meta({ id: 'Approval' });
export type Approval = z.infer<typeof Approval>;

/** What a queued deployment has been waiting for, since when. */
export const Waiting = z
  .strictObject({ reason: z.enum(['runner', 'approval']), since: Timestamp })
  .meta({ id: 'Waiting' });
export type Waiting = z.infer<typeof Waiting>;

/** How many schedules an app has at most. */
export const MAX_SCHEDULES = 20;

/** When to deploy an app: a cron expression of five fields, in UTC. */
export const Schedule = z
  .strictObject({
    cron: z.string().trim().min(1).max(100),
    /** The app's branch unless it is set. */
    branch: BranchName.optional(),
    /** `production` unless it is set. */
    environment: Environment.optional(),
  })
  .meta({ id: 'Schedule' });
export type Schedule = z.infer<typeof Schedule>;

/** Body of `PUT /api/apps/:slug/schedules`: all schedules of the app. */
export const Schedules = z.array(Schedule).max(MAX_SCHEDULES);
export type Schedules = z.infer<typeof Schedules>;

/** A schedule, and what became of it. */
export const ScheduleStatus = Schedule.extend({
  /** When it is due next; null if it never is again. */
  nextAt: Timestamp.nullable(),
  /** When it last deployed the app. */
  lastAt: Timestamp.nullable(),
  lastDeploymentId: ObjectId.nullable(),
  /** How many times it was due while the instance didn't run, in all. */
  missed: z.int().min(0),
}).meta({ id: 'ScheduleStatus' });
export type ScheduleStatus = z.infer<typeof ScheduleStatus>;

/** Response of `GET` and `PUT /api/apps/:slug/schedules`. */
export const ScheduleList = z.strictObject({ items: z.array(ScheduleStatus) }).meta({ id: 'ScheduleList' });
export type ScheduleList = z.infer<typeof ScheduleList>;
