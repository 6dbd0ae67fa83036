/** What a pool answers to those who list deployments and runners. */
import type { RunnerMachine } from '@appflux/protocol';
import type { ConnectedRunner } from './connected-runner.ts';
import type { Jobs } from './jobs.ts';
import type { Roster } from './roster.ts';
import { waitingReason } from './waiting-reason.ts';

/** Where a deployment is in a pool. `mayStart`: a runner is free to build it now. */
export type DeploymentPlace = { deploymentId: string } & (
  | { waits: true; mayStart: boolean; reason: string | null }
  | { waits: false; isOut: boolean }
);

export interface PoolOverview {
  online: ConnectedRunner[];
  places: DeploymentPlace[];
  /** What runners have said of their versions, connected or not. */
  machines: { runnerId: string; machine: RunnerMachine }[];
  out: { deploymentId: string; runnerId: string }[];
}

/** What a place depends on. */
export interface PlaceFacts {
  readonly jobs: Pick<Jobs, 'find' | 'isOut' | 'queue'>;
  readonly roster: Roster;
  /** Why no job is handed out; null while jobs are. */
  readonly held: string | null;
  /** The deployments that may start now. */
  readonly starting: ReadonlySet<string>;
}

/** Where a deployment is. */
export function placeOf(deploymentId: string, { jobs, roster, held, starting }: PlaceFacts): DeploymentPlace {
  const job = jobs.find(deploymentId);
  if (job === undefined) return { deploymentId, waits: false, isOut: jobs.isOut(deploymentId) };
  const mayStart = starting.has(deploymentId);
  // One that is being handed out occupies a slot already, as if it was another.
  const reason = held ?? (mayStart ? null : waitingReason(job, jobs.queue, roster));
  return { deploymentId, waits: true, mayStart, reason };
}
