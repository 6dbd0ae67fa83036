/**
 * The pairs of a pool as they are defined: all jobs are looked at for each. What it gives, the pool's own way, which looks at
 * few, has to give, too.
 */
import { type BuildLimits, NO_BUILD_LIMITS } from '@appflux/protocol';
import type { Pair } from '../match.ts';
import { type OnlineRunner, suits, takesBuilds } from '../online-runner.ts';
import { lineOf, older, type Running, type WaitingJob } from '../waiting-job.ts';

/** The labels of the jobs that run, and the team's limits for them. */
export interface TeamFacts {
  readonly limits: BuildLimits;
  readonly running: readonly (readonly string[])[];
}

/**
 * Pairs jobs with free slots. Within an App, branch and environment the oldest goes first; between Apps the
 * one with the fewest running builds does, so that nobody's hundred pushes make the others wait.
 */
export function matchByAll(
  jobs: readonly WaitingJob[],
  runners: readonly OnlineRunner[],
  running: Running,
  team: TeamFacts = { limits: NO_BUILD_LIMITS, running: [] },
): Pair[] {
  const builds = [...team.running];
  const pairs: Pair[] = [];
  const free = new Map(
    runners.map((runner) => [runner.id, takesBuilds(runner) ? runner.slots - runner.busy : 0]),
  );
  const active = new Map(running);
  const isFull = () => [...free.values()].every((slots) => slots <= 0);
  let waiting = isFull() ? [] : [...jobs].sort(older);
  while (!isFull()) {
    const next = firstPlaceable(waiting, runners, free, active, (job) => isAllowed(job, team.limits, builds));
    if (next === null) break;
    const { job, runner } = next;
    pairs.push({ deploymentId: job.deploymentId, runnerId: runner.id });
    free.set(runner.id, (free.get(runner.id) ?? 0) - 1);
    active.set(job.appId, (active.get(job.appId) ?? 0) + 1);
    builds.push(job.labels);
    waiting = waiting.filter((other) => other !== job);
  }
  return pairs;
}

function firstPlaceable(
  waiting: readonly WaitingJob[],
  runners: readonly OnlineRunner[],
  free: ReadonlyMap<string, number>,
  active: Running,
  isWithinLimits: (job: WaitingJob) => boolean,
): { job: WaitingJob; runner: OnlineRunner } | null {
  const lines = new Set<string>();
  // The sort is stable: among Apps with equally many builds the oldest job goes first.
  const inTurn = [...waiting].sort((a, b) => (active.get(a.appId) ?? 0) - (active.get(b.appId) ?? 0));
  for (const job of inTurn) {
    const line = lineOf(job);
    if (lines.has(line)) continue;
    lines.add(line);
    if ((active.get(job.appId) ?? 0) >= job.concurrency || !isWithinLimits(job)) continue;
    const runner = roomiest(
      runners.filter((candidate) => suits(candidate, demandOf(job))),
      free,
    );
    if (runner !== null) return { job, runner };
  }
  return null;
}

/** Whether the team's limits leave room for a job beside those that run. */
const isAllowed = (job: WaitingJob, limits: BuildLimits, running: readonly (readonly string[])[]) =>
  (limits.builds === null || running.length < limits.builds) &&
  Object.entries(limits.labels).every(
    ([label, most]) =>
      !job.labels.includes(label) || running.filter((labels) => labels.includes(label)).length < most,
  );

/** The runner with the most free slots; null when none has any. */
function roomiest(runners: readonly OnlineRunner[], free: ReadonlyMap<string, number>): OnlineRunner | null {
  let best: OnlineRunner | null = null;
  for (const runner of runners) {
    const slots = free.get(runner.id) ?? 0;
    if (slots > 0 && (best === null || slots > (free.get(best.id) ?? 0))) best = runner;
  }
  return best;
}

const demandOf = ({ labels, isUntrusted = false }: WaitingJob) => ({ labels, isUntrusted });
