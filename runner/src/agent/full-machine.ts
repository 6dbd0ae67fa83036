/** What becomes of an attempt whose build failed because the disk of the runner's machine is full: no fault of the project. */
import { statfs } from 'node:fs/promises';
import type { Outcome } from '../job/outcome.ts';
import { own } from '../masking/sentence.ts';
import type { WriteLine } from '../step-context.ts';

/**
 * So many attempts of a deployment are returned to the queue for this reason; a further one is reported as failed. The edge
 * makes three attempts.
 */
const RETURNED_ATTEMPTS = 2;

export interface FullMachine {
  readonly attempt: number;
  /** A folder on the disk that builds use, and how many bytes have to stay free on it. */
  readonly state: string;
  readonly keepFree: number;
  /** Looks at the disks, so that the pool knows before the build is offered again. */
  readonly onDiskFull: () => Promise<void>;
  readonly log: WriteLine;
}

/** The outcome, or one that returns the build to the queue if the machine's disk is to blame and another attempt is left. */
export async function returnedIfFull(outcome: Outcome, machine: FullMachine): Promise<Outcome> {
  if (outcome.diskFull === undefined) return outcome;
  if (!(outcome.diskFull.ofMachine ?? (await isFull(machine)))) return outcome;
  await machine.onDiskFull();
  if (machine.attempt > RETURNED_ATTEMPTS) return outcome;
  machine.log(
    own(
      'The disk of this runner is full. The build returns to the queue, and starts again where there is room.',
    ),
  );
  return { ...outcome, report: { status: 'canceled' } };
}

/** Whether less than what has to stay free is left on the disk that builds use. */
export async function isFull({ state, keepFree }: Pick<FullMachine, 'state' | 'keepFree'>): Promise<boolean> {
  const { bavail, bsize } = await statfs(state);
  return bavail * bsize < keepFree;
}
