/** Whether a deployment ended correctly for its requests. Pure. */
import { type Deployment, hasEnded } from '@appflux/protocol';
import type { CancelAnswer, Sighting } from '../ledger.ts';
import type { Work } from '../workload.ts';

/** A deployment fails after this many lost runners. */
const ATTEMPTS = 3;

export interface Ending {
  readonly deployment: Pick<Deployment, 'status' | 'attempt' | 'failure' | 'artifacts'>;
  readonly work: Work;
  readonly cancels: readonly CancelAnswer[];
  /** Whether a newer deployment may have superseded it. */
  readonly superseded: boolean;
}

/** The violations in an ending; empty if it is correct. */
export function judgeEnding({ deployment, work, cancels, superseded }: Ending): string[] {
  const { status, attempt, failure, artifacts } = deployment;
  const faults: string[] = [];
  const promised = cancels.includes('accepted');
  if (!hasEnded(status)) faults.push(`is still ${status}`);
  if (promised && status !== 'canceled') faults.push(`had its cancel accepted, but is ${status}`);
  for (const answer of cancels) {
    if (typeof answer === 'object' && answer.ended !== status)
      faults.push(`was reported as ended with ${answer.ended}, but is ${status}`);
  }
  if (status === 'canceled' && !promised && !cancels.includes('unanswered') && !superseded)
    faults.push('is canceled without a request');
  if (status === 'success' && work.exitCode !== 0)
    faults.push(`is a success, but its build ends with ${work.exitCode}`);
  if (status === 'success' && artifacts.length !== 1)
    faults.push(`is a success with ${artifacts.length} artifacts`);
  if (status !== 'success' && artifacts.length > 0) faults.push(`is ${status}, but has artifacts`);
  if (status === 'failed' && !mayFail(failure?.code, attempt, work))
    faults.push(`failed with ${failure?.code} in attempt ${attempt}: ${failure?.message}`);
  if ((status === 'failed') !== (failure !== null)) faults.push(`is ${status} with failure ${failure?.code}`);
  if (attempt > ATTEMPTS) faults.push(`had ${attempt} attempts`);
  return faults;
}

function mayFail(code: string | undefined, attempt: number, work: Work): boolean {
  if (code === 'runner_lost') return attempt === ATTEMPTS;
  return code === 'build_failed' && work.exitCode !== 0;
}

/** Whether a sequence of observed states is possible: ended states never change, attempts only grow. */
export function judgeHistory(sightings: readonly Sighting[]): string[] {
  const faults: string[] = [];
  for (const [index, { status, attempt }] of sightings.entries()) {
    const before = sightings[index - 1];
    if (before === undefined) continue;
    const stayed = status === before.status && attempt === before.attempt;
    const left =
      (hasEnded(before.status) && !stayed) ||
      (before.status === 'canceling' && status !== 'canceled' && status !== 'canceling');
    if (left) faults.push(`was ${before.status}, then ${status} (attempt ${attempt})`);
    if (attempt < before.attempt) faults.push(`went from attempt ${before.attempt} to ${attempt}`);
  }
  return faults;
}
