import { type Deployment, hasEnded, Phase } from '@appflux/protocol';
import { secondsBetween } from '#lib/format/duration.ts';

/** `pending` is still to come; `notRun` was left out, or never reached. */
export type StepState = 'pending' | 'notRun' | 'active' | 'done' | 'failed' | 'stopped';

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
    const state = stepState(deployment, phase, span !== undefined);
    if (span === undefined) return { phase, state, seconds: null };
    const end = span.finishedAt ?? (hasEnded(deployment.status) ? deployment.finishedAt : null) ?? now;
    return { phase, state, seconds: secondsBetween(span.startedAt, end) };
  });
}

/** A phase has no outcome of its own: the edge also closes the one in which a deployment fails or is canceled. */
function stepState(deployment: Progress, phase: Phase, hasBegun: boolean): StepState {
  const { status, failure, phases } = deployment;
  if (status === 'failed' && failure?.phase === phase) return 'failed';
  const newest = phases.at(-1)?.phase;
  if (!hasBegun) return hasEnded(status) || isBefore(phase, newest) ? 'notRun' : 'pending';
  if (phase !== newest || status === 'success') return 'done';
  if (status === 'canceled') return 'stopped';
  if (status !== 'failed') return 'active';
  if (failure === null || failure.phase === null) return 'failed';
  return isBefore(phase, failure.phase) ? 'done' : 'stopped';
}

const isBefore = (phase: Phase, other: Phase | undefined): boolean =>
  other !== undefined && Phase.options.indexOf(phase) < Phase.options.indexOf(other);
