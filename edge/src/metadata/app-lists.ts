/** The part of metadata's contract for lists of apps: what happened to each last, and whose favourites they are. */
import {
  type LatestDeployment,
  MAX_RECENT_BUILDS,
  type RecentBuild,
  type SizeBudgetResult,
} from '@appflux/protocol';
import { DEPLOYMENT_DEFAULTS, type DeploymentRecord } from './records.ts';

/** How many apps one call can ask about. */
export const MOST_LISTED_APPS = 100;

/** How many favourites a person can have in one team. */
export const MOST_FAVOURITES = 500;

/** What happened to an app last. */
export interface RecentActivity {
  /** The newest deployment that wasn't skipped. */
  latest: LatestDeployment | null;
  /** The last builds that succeeded or failed, newest first, MAX_RECENT_BUILDS at most. */
  builds: RecentBuild[];
}

/** A release that exceeds size budgets. */
export interface OverBudget {
  deploymentId: string;
  app: { slug: string; name: string };
  budgets: SizeBudgetResult[];
}

export interface AppListStore {
  /** Of each of these apps, MOST_LISTED_APPS at most. An app without deployments is missing. */
  recent(appIds: readonly string[]): Promise<Map<string, RecentActivity>>;
  /**
   * The releases of a team's apps that exceed a size budget. Looks at MOST_LISTED_APPS apps of a team at most, those that were
   * released last.
   */
  overBudget(ownerId: string): Promise<OverBudget[]>;
  /** Ids of a person's favourites in a team, MOST_FAVOURITES at most, in any order. */
  favourites(userId: string, ownerId: string): Promise<string[]>;
  /** Marks an app as a favourite at `at` (ISO 8601). Repeated it changes nothing; of an app that is not there nothing is kept. */
  addFavourite(userId: string, appId: string, at: string): Promise<void>;
  removeFavourite(userId: string, appId: string): Promise<void>;
  /** Removes all favourites that a person has in a team. */
  forgetFavourites(userId: string, ownerId: string): Promise<void>;
}

/** A record as lists of apps show it. */
export function latestOf(record: Omit<DeploymentRecord, 'artifacts' | 'site'>): LatestDeployment {
  const whole = { ...DEPLOYMENT_DEFAULTS, ...record };
  return {
    id: whole.id,
    number: whole.number,
    status: whole.status,
    phase: whole.phase,
    // Records of the first versions have none.
    phases: whole.phases ?? [],
    trigger: whole.trigger,
    creator: whole.creator,
    pullRequest: whole.pullRequest,
    skipped: whole.skipped,
    approval: whole.approval,
    tag: whole.tag,
    commitHash: whole.commitHash,
    commitMessage: whole.commitMessage,
    branch: whole.branch,
    uploadName: whole.uploadName,
    environment: whole.environment,
    version: whole.version,
    failure: whole.failure,
    createdAt: whole.createdAt,
    startedAt: whole.startedAt,
    finishedAt: whole.finishedAt,
    durationSeconds: whole.durationSeconds,
    plan: whole.plan === null ? null : { type: whole.plan.type, framework: whole.plan.framework },
  };
}

/** The newest of builds of any order. */
export const newestBuilds = (builds: readonly RecentBuild[]): RecentBuild[] =>
  [...builds]
    .sort((one, other) =>
      one.createdAt === other.createdAt
        ? other.id.localeCompare(one.id)
        : other.createdAt.localeCompare(one.createdAt),
    )
    .slice(0, MAX_RECENT_BUILDS);
