/** The part of metadata's contract that counts: how deployments ended and what was downloaded, by day in UTC. */
import type { AnalyticsDay, Percentiles } from '@appflux/protocol';
import type { DeploymentRecord } from './metadata.ts';

/** Whose, or of which one App of theirs. */
export interface AnalyticsScope {
  ownerId: string;
  appId?: string;
}

/** The first and the last day, both included, as YYYY-MM-DD. */
export interface DayRange {
  from: string;
  to: string;
}

/** Deployments by how they ended. */
export type Ended = Pick<AnalyticsDay, 'success' | 'failed' | 'canceled'>;

export interface NamedApp {
  slug: string;
  name: string;
}

export interface BuildCounts {
  /** Days on which a deployment ended, ascending. */
  days: (Ended & { day: string })[];
  /** Of those that succeeded. */
  durationSeconds: Percentiles | null;
  /** Of all that were claimed. */
  waitingSeconds: Percentiles | null;
  /** The Apps with the most ended deployments, at most TOP; of two with as many the one with the lower id first. */
  top: { app: NamedApp; ended: Ended }[];
}

export interface DownloadCounts {
  /** Days with downloads, ascending. */
  days: { day: string; downloads: number }[];
  /** As of BuildCounts. */
  top: { app: NamedApp; downloads: number }[];
}

/** How many Apps are named as those with the most. */
export const TOP = 10;

export interface AnalyticsStore {
  builds(scope: AnalyticsScope, range: DayRange): Promise<BuildCounts>;
  downloads(scope: AnalyticsScope, range: DayRange): Promise<DownloadCounts>;
}

/** So many downloads of an artifact on a day (YYYY-MM-DD in UTC). */
export interface DownloadCount {
  appId: string;
  deploymentId: string;
  artifact: string;
  day: string;
  count: number;
}

/** How many batches a count remembers, to know one that comes again. */
export const REMEMBERED_BATCHES = 16;

export interface DownloadStore {
  /**
   * Adds a batch of counts, whose `batchId` is an ObjectId. The same batch added again changes nothing, unless more
   * than REMEMBERED_BATCHES others came to the same count in between. Nothing is kept for an App or a deployment that
   * is gone.
   */
  add(batchId: string, counts: readonly DownloadCount[]): Promise<void>;
  /** All downloads of a deployment's artifacts, by their names. */
  ofDeployment(deploymentId: string): Promise<{ name: string; downloads: number }[]>;
}

/** Values and how often each is there. */
export type Histogram = ReadonlyMap<number, number>;

/**
 * The values that at least 50 and 95 of 100 do not exceed, by nearest rank: of n values in ascending order the one
 * at ⌈p·n⌉. Null of no values.
 */
export function percentilesOf(histogram: Histogram): Percentiles | null {
  const total = [...histogram.values()].reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const ascending = [...histogram].sort(([one], [other]) => one - other);
  const at = (percent: number): number => {
    // Whole numbers: 0.95 · n is not always what it says.
    const rank = Math.ceil((percent * total) / 100);
    let passed = 0;
    for (const [value, count] of ascending) {
      passed += count;
      if (passed >= rank) return value;
    }
    throw new RangeError(`There is no rank ${rank} of ${total}`);
  };
  return { p50: at(50), p95: at(95) };
}

/** What analytics need of a deployment that has ended, derived from its record. */
export interface End {
  /** YYYY-MM-DD in UTC. */
  endedOn: string;
  durationSeconds: number | null;
  /** From the request to the first claim, to a tenth; null when it never was claimed. */
  waitedSeconds: number | null;
}

/** How a deployment ended; null when it has not, or was skipped and is no build. */
export function endOf({
  createdAt,
  startedAt,
  finishedAt,
  durationSeconds,
  // Absent in records of earlier versions.
  skipped = null,
}: DeploymentRecord): End | null {
  if (finishedAt === null || skipped !== null) return null;
  const waitedMs = startedAt === null ? null : Date.parse(startedAt) - Date.parse(createdAt);
  return {
    endedOn: finishedAt.slice(0, 10),
    durationSeconds,
    waitedSeconds: waitedMs === null ? null : Math.round(waitedMs / 100) / 10,
  };
}
