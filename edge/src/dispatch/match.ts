/** Which waiting job goes to which runner. Pure: the pool's object is around it. */
import { JobQueue } from './job-queue.ts';
import type { TeamBuilds } from './limits.ts';
import type { OnlineRunner } from './online-runner.ts';
import { Roster } from './roster.ts';
import type { Running, WaitingJob } from './waiting-job.ts';

export interface Pair {
  deploymentId: string;
  runnerId: string;
}

export interface NextPair extends Pair, Pick<WaitingJob, 'appId' | 'labels'> {}

/**
 * The next job and its runner; null when no job can be handed out. Within an App, branch and environment the oldest goes
 * first; between Apps the one with the fewest running builds does, so that nobody's hundred pushes make the others wait.
 * The job goes to the runner with the most free slots.
 *
 * Its cost depends on how many kinds of jobs and runners there are, and hardly on how many of each.
 */
export function nextPair(queue: JobQueue, roster: Roster): NextPair | null {
  const next = queue.first((demand) => roster.roomiest(demand) !== null);
  const runner = next === null ? null : roster.roomiest(next.demand);
  if (next === null || runner === null) return null;
  const { deploymentId, appId, demand } = next;
  return { deploymentId, appId, labels: demand.labels, runnerId: runner.id };
}

/** All pairs of jobs and free slots, in the order in which they are handed out. What they add is counted in `team`. */
export function match(
  jobs: Iterable<WaitingJob>,
  runners: Iterable<OnlineRunner>,
  running: Running,
  team?: TeamBuilds,
): Pair[] {
  const queue = JobQueue.of(jobs, running, team);
  const roster = Roster.of(runners);
  const pairs: Pair[] = [];
  for (;;) {
    const next = nextPair(queue, roster);
    if (next === null) return pairs;
    const { deploymentId, runnerId } = next;
    pairs.push({ deploymentId, runnerId });
    queue.hold(deploymentId);
    queue.count(next, 1);
    roster.take(runnerId);
  }
}
