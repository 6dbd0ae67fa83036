/** Which waiting job goes to which runner, and why one waits. Pure: the pool's object is around it. */
import { type ExecutorKind, formatBytes, HOST_EXECUTOR_LABELS, type RunnerDisk } from '@appflux/protocol';

/** A job that waits in a pool. */
export interface WaitingJob {
  deploymentId: string;
  appId: string;
  branch: string | null;
  environment: string;
  /** A runner has to have all of these. */
  labels: readonly string[];
  /** How many builds of the App may run at the same time. */
  concurrency: number;
  createdAt: number;
  /** Whether its code is a stranger's. Absent in jobs of earlier versions. */
  isUntrusted?: boolean;
}

/** A runner that is connected, with what it may be given (protocol/src/runner-capacity.ts). */
export interface OnlineRunner {
  id: string;
  name: string;
  labels: readonly string[];
  slots: number;
  busy: number;
  draining: boolean;
  /** Labels that it asks for and is not registered for. */
  refused?: readonly string[];
  /** `docker` where it says nothing. */
  executor?: ExecutorKind | undefined;
  /** Its disk, if it reports that. */
  disk?: RunnerDisk;
}

export interface Pair {
  deploymentId: string;
  runnerId: string;
}

/** How many builds each App has running. */
export type Running = ReadonlyMap<string, number>;

/**
 * Pairs jobs with free slots. Within an App, branch and environment the oldest goes first; between Apps the
 * one with the fewest running builds does, so that nobody's hundred pushes make the others wait.
 */
export function match(
  jobs: readonly WaitingJob[],
  runners: readonly OnlineRunner[],
  running: Running,
): Pair[] {
  const pairs: Pair[] = [];
  const free = new Map(
    runners.map((runner) => [runner.id, takesBuilds(runner) ? runner.slots - runner.busy : 0]),
  );
  const active = new Map(running);
  const isFull = () => [...free.values()].every((slots) => slots <= 0);
  let waiting = isFull() ? [] : [...jobs].sort(older);
  while (!isFull()) {
    const next = firstPlaceable(waiting, runners, free, active);
    if (next === null) break;
    const { job, runner } = next;
    pairs.push({ deploymentId: job.deploymentId, runnerId: runner.id });
    free.set(runner.id, (free.get(runner.id) ?? 0) - 1);
    active.set(job.appId, (active.get(job.appId) ?? 0) + 1);
    waiting = waiting.filter((other) => other !== job);
  }
  return pairs;
}

/** Whether a runner may be given another build, if it has a slot. */
const takesBuilds = ({ draining, disk }: OnlineRunner) => !draining && disk?.low !== true;

function firstPlaceable(
  waiting: readonly WaitingJob[],
  runners: readonly OnlineRunner[],
  free: ReadonlyMap<string, number>,
  active: Running,
): { job: WaitingJob; runner: OnlineRunner } | null {
  const lines = new Set<string>();
  // The sort is stable: among Apps with equally many builds the oldest job goes first.
  const inTurn = [...waiting].sort((a, b) => (active.get(a.appId) ?? 0) - (active.get(b.appId) ?? 0));
  for (const job of inTurn) {
    const line = lineOf(job);
    if (lines.has(line)) continue;
    lines.add(line);
    if ((active.get(job.appId) ?? 0) >= job.concurrency) continue;
    const runner = roomiest(
      runners.filter((candidate) => suits(candidate, job)),
      free,
    );
    if (runner !== null) return { job, runner };
  }
  return null;
}

/** The runner with the most free slots; null when none has any. */
function roomiest(runners: readonly OnlineRunner[], free: ReadonlyMap<string, number>): OnlineRunner | null {
  let best: OnlineRunner | null = null;
  for (const runner of runners) {
    const slots = free.get(runner.id) ?? 0;
    if (slots > 0 && (best === null || slots > (free.get(best.id) ?? 0))) best = runner;
  }
  return best;
}

const older = (a: WaitingJob, b: WaitingJob) =>
  a.createdAt - b.createdAt || (a.deploymentId < b.deploymentId ? -1 : 1);

/** Builds of one App, branch and environment stand in one line. */
const lineOf = (job: WaitingJob) => JSON.stringify([job.appId, job.branch, job.environment]);

const suits = (runner: OnlineRunner, job: WaitingJob) =>
  job.labels.every((label) => runner.labels.includes(label)) && mayBuild(runner, job);

/**
 * A runner without a sandbox builds nothing by accident: the App itself has to ask for one of the labels that say so. It
 * never builds a stranger's code, which could read all that its user can.
 */
const mayBuild = (runner: OnlineRunner, job: WaitingJob) =>
  runner.executor !== 'host' ||
  (job.isUntrusted !== true &&
    job.labels.some((label) => HOST_EXECUTOR_LABELS.includes(label) && runner.labels.includes(label)));

/** The jobs that a newer job of the same App, branch and environment makes pointless, oldest first. */
export function superseded(jobs: readonly WaitingJob[]): { job: WaitingJob; by: WaitingJob }[] {
  const newest = new Map<string, WaitingJob>();
  for (const job of [...jobs].sort(older)) newest.set(lineOf(job), job);
  return [...jobs].sort(older).flatMap((job) => {
    const by = newest.get(lineOf(job));
    return by === undefined || by === job ? [] : [{ job, by }];
  });
}

/** Why a job waits, in a sentence; null when it is about to be handed out. */
export function waitingReason(
  job: WaitingJob,
  jobs: readonly WaitingJob[],
  runners: readonly OnlineRunner[],
  running: Running,
): string | null {
  if (runners.length === 0) return 'No runner is online';
  const suitable = runners.filter((runner) => suits(runner, job));
  if (suitable.length === 0) return whyNoneSuits(job, runners);
  const taking = suitable.filter(takesBuilds);
  if (taking.length === 0) return whyNoneTakes(suitable);
  const builds = running.get(job.appId) ?? 0;
  if (builds >= job.concurrency) {
    return `${builds === 1 ? 'Another build' : `${builds} builds`} of this App ${builds === 1 ? 'is' : 'are'} running, and its limit is ${job.concurrency}`;
  }
  if (taking.some((runner) => runner.busy < runner.slots))
    return waitingForOlder(job, jobs, runners, running);
  const ahead = jobs.filter(
    (other) => other !== job && older(other, job) < 0 && taking.some((runner) => suits(runner, other)),
  ).length;
  return `${busySlots(taking)}, ${ahead === 0 ? 'first in line' : `${ahead} ${ahead === 1 ? 'job' : 'jobs'} ahead`}`;
}

/** There is room, but an older job of the same App, branch and environment goes first: why that one waits. */
function waitingForOlder(
  job: WaitingJob,
  jobs: readonly WaitingJob[],
  runners: readonly OnlineRunner[],
  running: Running,
): string | null {
  const [first = job] = jobs.filter((other) => lineOf(other) === lineOf(job)).sort(older);
  const why = older(first, job) < 0 ? waitingReason(first, jobs, runners, running) : null;
  return why === null ? null : `An older deployment of the same branch goes first: ${why}`;
}

/** Why none of some runners takes builds: each drains, or lacks space. */
function whyNoneTakes(runners: readonly OnlineRunner[]): string {
  const draining = runners.filter((runner) => runner.draining);
  const reasons = runners.flatMap(({ name, draining, disk }) =>
    draining || disk === undefined
      ? []
      : [
          `${name} has too little disk space: ${formatBytes(disk.freeBytes)} free, ${formatBytes(disk.minFreeBytes)} needed`,
        ],
  );
  if (draining.length > 0) {
    const names = listed(draining.map((runner) => runner.name));
    reasons.unshift(`${names} ${draining.length === 1 ? 'is' : 'are'} draining`);
  }
  return listed(reasons);
}

function whyNoneSuits(job: WaitingJob, runners: readonly OnlineRunner[]): string {
  const labelled = runners.filter((runner) => job.labels.every((label) => runner.labels.includes(label)));
  if (labelled.length === 0) return missingLabels(job, runners);
  const names = listed(labelled.map((runner) => runner.name));
  const without = `${names} ${labelled.length === 1 ? 'builds' : 'build'} without a sandbox`;
  if (job.isUntrusted === true) return `${without}, which pull requests from forks need`;
  const wanted = HOST_EXECUTOR_LABELS.filter((label) =>
    labelled.some(({ labels }) => labels.includes(label)),
  );
  return `${without}, and this App does not ask for that by the label ${wanted.map(quoted).join(' or ')}`;
}

function missingLabels(job: WaitingJob, runners: readonly OnlineRunner[]): string {
  const nowhere = job.labels.filter((label) => !runners.some((runner) => runner.labels.includes(label)));
  if (nowhere.length === 0) return `No online runner has all the labels ${listed(job.labels.map(quoted))}`;
  const asking = runners.filter(({ refused = [] }) => nowhere.some((label) => refused.includes(label)));
  const because =
    asking.length === 0
      ? ''
      : `; ${listed(asking.map((runner) => runner.name))} ${asking.length === 1 ? 'asks' : 'ask'} for it without being registered for it`;
  return `No online runner has the ${nowhere.length === 1 ? 'label' : 'labels'} ${listed(nowhere.map(quoted))}${because}`;
}

function busySlots(runners: readonly OnlineRunner[]): string {
  const [only] = runners;
  if (runners.length > 1 || only === undefined) {
    const slots = runners.reduce((sum, runner) => sum + runner.slots, 0);
    return `All ${slots} slots of ${runners.length} runners are busy`;
  }
  if (only.slots === 1) return `The slot of runner ${only.name} is busy`;
  return `${only.slots === 2 ? 'Both' : `All ${only.slots}`} slots of runner ${only.name} are busy`;
}

const quoted = (label: string) => `\`${label}\``;
const listed = (words: readonly string[]) =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
