/** Whether anything happens in a deployment, as the operator wants to know it. */
import type { DeploymentStatus, Phase } from '@appflux/protocol';
import type { LogStore } from '../logs/store.ts';
import type { State } from './state.ts';

/** Times are Unix milliseconds. */
export interface Activity {
  status: DeploymentStatus;
  phase: Phase | null;
  phaseStartedAt: number | null;
  startedAt: number | null;
  /** When to stop waiting for a runner's confirmation of a cancellation. */
  cancelBy: number | null;
  /** Null while no runner has it. The lease is extended only when it would expire, so one in the past was forgotten. */
  leaseExpiresAt: number | null;
  /** When the newest line was written, by the runner's clock. */
  lastLineAt: number | null;
}

/** The activity of a deployment. */
export function activityOf(state: State, log: Pick<LogStore, 'lastSeq' | 'read'>): Activity {
  const [line] = log.lastSeq === 0 ? [] : log.read(log.lastSeq - 1, 1);
  return {
    status: state.status,
    phase: state.phase,
    phaseStartedAt: state.phases.findLast(({ finishedAt }) => finishedAt === null)?.startedAt ?? null,
    startedAt: state.startedAt,
    cancelBy: state.cancelBy,
    leaseExpiresAt: state.lease?.expiresAt ?? null,
    lastLineAt: line === undefined ? null : Date.parse(line.at),
  };
}
