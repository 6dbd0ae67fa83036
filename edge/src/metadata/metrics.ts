/** The part of metadata's contract that `GET /api/ops/metrics` reads: bounded by the teams that the caller names. */
import type { Percentiles, PhaseSpan } from '@appflux/protocol';
import type { DayRange, Ended } from './analytics.ts';

/** The states of a deployment that has not ended. */
export const UNENDED = ['queued', 'building', 'canceling'] as const;
export type UnendedStatus = (typeof UNENDED)[number];

export interface DeploymentCounts {
  /** One for each state that a deployment is in. `oldestCreatedAt` is ISO 8601. */
  unended: { status: UnendedStatus; count: number; oldestCreatedAt: string }[];
  /** Those that ended in the range, by how. */
  ended: Ended;
  /** Of those that succeeded. Null if there are none, or too many to look at. */
  durationSeconds: Percentiles | null;
  /** From the request to the first claim, of all that were claimed. Null as above. */
  waitingSeconds: Percentiles | null;
}

/** A deployment that has not ended. */
export interface Unended {
  deploymentId: string;
  teamId: string;
  app: { id: string; slug: string };
  status: UnendedStatus;
  /** ISO 8601. */
  createdAt: string;
}

/** A deployment that has failed. */
export interface Failed {
  deploymentId: string;
  teamId: string;
  app: { slug: string };
  /** The failure's code; `unknown` in records of earlier versions. */
  code: string;
  /** ISO 8601. */
  finishedAt: string;
}

export interface MetricsStore {
  /** Ids of teams, ascending, `limit` at most. */
  teams(limit: number): Promise<string[]>;
  /**
   * Deployments of these teams, 1,000 at most: those that have not ended, without queued ones that need approval, and those
   * that ended in the range, without skipped ones.
   */
  deployments(teams: readonly string[], range: DayRange): Promise<DeploymentCounts>;
  /** The same that have not ended: of each state the oldest, `each` at most, oldest first. */
  unended(teams: readonly string[], each: number): Promise<Unended[]>;
  /** Deployments of these teams that failed on days of the range, in any order, `limit` at most. */
  failed(teams: readonly string[], range: DayRange, limit: number): Promise<Failed[]>;
  /** How many runners are registered, for those of these teams (1,000 at most) that have any, by ascending id. */
  runners(teams: readonly string[]): Promise<{ teamId: string; count: number }[]>;
  /** The phases of the newest successful deployments, `each` at most for each of these teams (25 at most). */
  phases(teams: readonly string[], each: number): Promise<PhaseSpan[][]>;
}
