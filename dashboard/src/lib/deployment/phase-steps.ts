import { type Deployment, hasEnded, Phase } from '@appflux/protocol';
import { secondsBetween } from '#lib/time/duration.ts';

export type StepState = 'pending' | 'active' | 'done' | 'failed' | 'stopped';

/** The progress of a phase: its state, and how many seconds it ran or has been running. */
export interface PhaseStep {
  readonly phase: Phase;
  readonly state: StepState;
  readonly seconds: number | null;
}

type Progress = Pick<Deployment, 'status' | 'phase' | 'phases' | 'failure' | 'finishedAt'>;

/** The five phases of the current attempt, in order. `now` is in milliseconds since the epoch. */
export function phaseSteps(deployment: Progress, now: number): PhaseStep[] {
  return Phase.options.map((phase) => {
    const span = deployment.phases.findLast((candidate) => candidate.phase === phase);
    const state = stepState(deployment, phase, span?.finishedAt);
    if (span === undefined) return { phase, state, seconds: null };
    const end = span.finishedAt ?? (hasEnded(deployment.status) ? deployment.finishedAt : null) ?? now;
    return { phase, state, seconds: secondsBetween(span.startedAt, end) };
  });
}

/** `finishedAt` is undefined for a phase that has not started, and null for one that has not ended. */
function stepState(deployment: Progress, phase: Phase, finishedAt: string | null | undefined): StepState {
  if (deployment.status === 'failed' && deployment.failure?.phase === phase) return 'failed';
  if (finishedAt === undefined) return 'pending';
  if (finishedAt !== null || deployment.status === 'success') return 'done';
  if (deployment.status === 'building' || deployment.status === 'canceling') return 'active';
  return deployment.status === 'failed' && deployment.failure?.phase === null ? 'failed' : 'stopped';
}
