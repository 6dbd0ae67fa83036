/** Whether a deployment ended as it had to, given what was asked. Pure. */
import { type Deployment, hasEnded } from '@appflux/protocol';
import type { CancelAnswer, Sighting } from '../ledger.ts';
import type { Work } from '../workload.ts';

/** A deployment may lose this many runners before it is given up. */
const ATTEMPTS = 3;

export interface Ending {
  readonly deployment: Pick<Deployment, 'status' | 'attempt' | 'failure' | 'artifacts'>;
  readonly work: Work;
  readonly cancels: readonly CancelAnswer[];
  /** Whether a newer deployment may have taken its place. */
  readonly superseded: boolean;
}

/** What is wrong with an ending; nothing when it is right. */
export function judgeEnding({ deployment, work, cancels, superseded }: Ending): string[] {
  const { status, attempt, failure, artifacts } = deployment;
  const faults: string[] = [];
  const promised = cancels.includes('accepted');
  if (!hasEnded(status)) faults.push(`is still ${status}`);
  if (promised && status !== 'canceled') faults.push(`was promised to be canceled, and is ${status}`);
  for (const answer of cancels) {
    if (typeof answer === 'object' && answer.ended !== status)
      faults.push(`was said to be ${answer.ended} for good, and is ${status}`);
  }
  if (status === 'canceled' && !promised && !cancels.includes('unheard') && !superseded)
    faults.push('is canceled, and nobody asked for that');
  if (status === 'success' && work.exitCode !== 0)
    faults.push(`is a success, and its build ends with ${work.exitCode}`);
  if (status === 'success' && artifacts.length !== 1)
    faults.push(`is a success with ${artifacts.length} artifacts`);
  if (status !== 'success' && artifacts.length > 0) faults.push(`is ${status}, and has artifacts`);
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

/** Whether what was seen of a deployment over time can be true: what has ended stays, attempts only grow. */
export function judgeHistory(sightings: readonly Sighting[]): string[] {
  const faults: string[] = [];
  for (const [index, { status, attempt }] of sightings.entries()) {
    const before = sightings[index - 1];
    if (before === undefined) continue;
    const stayed = status === before.status && attempt === before.attempt;
    const left =
      (hasEnded(before.status) && !stayed) ||
      (before.status === 'canceling' && status !== 'canceled' && status !== 'canceling');
    if (left) faults.push(`was ${before.status}, and then ${status} (attempt ${attempt})`);
    if (attempt < before.attempt) faults.push(`went from attempt ${before.attempt} to ${attempt}`);
  }
  return faults;
}
