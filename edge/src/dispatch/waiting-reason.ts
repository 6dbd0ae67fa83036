/** Why a job waits, in a sentence for people. Pure. Its cost depends on the kinds of runners, except where it names some. */
import { formatBytes, formatNumber, HOST_EXECUTOR_LABELS } from '@appflux/protocol';
import type { JobQueue } from './job-queue.ts';
import type { ReachedLimit } from './limits.ts';
import { hasLabels, type OnlineRunner, suits, takesBuilds } from './online-runner.ts';
import type { Kind, Roster } from './roster.ts';
import { type Demand, older, type WaitingJob } from './waiting-job.ts';

/** A sentence names so many runners at most, and says how many others there are. */
const MOST_NAMED = 5;

/** Why a job waits that is in the queue; null when it is about to be handed out. */
export function waitingReason(job: WaitingJob, queue: JobQueue, roster: Roster): string | null {
  if (roster.size === 0) return 'No runner is online';
  const demand = queue.demandOf(job.deploymentId);
  const suitable = roster.suiting(demand);
  if (suitable.length === 0) return whyNoneSuits(demand, roster);
  const taking = suitable.filter((kind) => kind.taking > 0);
  if (taking.length === 0) return whyNoneTakes(roster.runnersOf(suitable));
  const builds = queue.running(job.appId);
  if (builds >= job.concurrency) {
    return `${builds === 1 ? 'Another build' : `${builds} builds`} of this App ${builds === 1 ? 'is' : 'are'} running, and its limit is ${job.concurrency}`;
  }
  const limit = queue.team.reached(demand.labels);
  if (limit !== null) return whyLimited(limit);
  if (taking.some(({ free }) => free.size > 0)) return waitingForOlder(job, queue, roster);
  const ahead = queue.countOlder(job, (other) => taking.some((kind) => suits(kind, other)));
  return `${busySlots(taking, roster)}, ${ahead === 0 ? 'first in line' : `${ahead} ${ahead === 1 ? 'job' : 'jobs'} ahead`}`;
}

/** The team has as many builds running as it allows, of all or of those with a label. */
function whyLimited({ label, most, running }: ReachedLimit): string {
  const builds = running === 1 ? 'build' : 'builds';
  const which = label === null ? builds : `${builds} with the label ${quoted(label)}`;
  return `${formatNumber(running)} ${which} ${running === 1 ? 'is' : 'are'} running, and the team’s limit is ${formatNumber(most)}`;
}

/** There is room, but an older job of the same App, branch and environment goes first: why that one waits. */
function waitingForOlder(job: WaitingJob, queue: JobQueue, roster: Roster): string | null {
  const oldest = queue.oldestOfLine(job);
  const why = older(oldest, job) < 0 ? waitingReason(oldest, queue, roster) : null;
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
  if (draining.length > 0)
    reasons.unshift(`${namesOf(draining)} ${draining.length === 1 ? 'is' : 'are'} draining`);
  return listedShort(reasons);
}

function whyNoneSuits(demand: Demand, roster: Roster): string {
  const kinds = [...roster.kinds()].filter((kind) => hasLabels(kind, demand));
  if (kinds.length === 0) return missingLabels(demand, roster);
  const labelled = roster.runnersOf(kinds);
  const without = `${namesOf(labelled)} ${labelled.length === 1 ? 'builds' : 'build'} without a sandbox`;
  if (demand.isUntrusted) return `${without}, which pull requests from forks need`;
  const wanted = HOST_EXECUTOR_LABELS.filter((label) => kinds.some(({ labels }) => labels.includes(label)));
  return `${without}, and this App does not ask for that by the label ${wanted.map(quoted).join(' or ')}`;
}

function missingLabels(demand: Demand, roster: Roster): string {
  const kinds = [...roster.kinds()];
  const nowhere = demand.labels.filter((label) => !kinds.some(({ labels }) => labels.includes(label)));
  if (nowhere.length === 0) return `No online runner has all the labels ${listed(demand.labels.map(quoted))}`;
  const asking = roster
    .runnersOf(kinds)
    .filter(({ refused = [] }) => nowhere.some((label) => refused.includes(label)));
  const because =
    asking.length === 0
      ? ''
      : `; ${namesOf(asking)} ${asking.length === 1 ? 'asks' : 'ask'} for it without being registered for it`;
  return `No online runner has the ${nowhere.length === 1 ? 'label' : 'labels'} ${listed(nowhere.map(quoted))}${because}`;
}

function busySlots(taking: readonly Kind[], roster: Roster): string {
  const runners = taking.reduce((sum, kind) => sum + kind.taking, 0);
  const slots = taking.reduce((sum, kind) => sum + kind.slots, 0);
  if (runners > 1) return `All ${slots} slots of ${runners} runners are busy`;
  const only = roster.runnersOf(taking).find((runner) => takesBuilds(runner));
  if (slots === 1) return `The slot of runner ${only?.name} is busy`;
  return `${slots === 2 ? 'Both' : `All ${slots}`} slots of runner ${only?.name} are busy`;
}

const quoted = (label: string) => `\`${label}\``;
const namesOf = (runners: readonly OnlineRunner[]) => listedShort(runners.map(({ name }) => name));

/** A list that may be long is cut. */
const listedShort = (words: readonly string[]) =>
  words.length > MOST_NAMED
    ? `${words.slice(0, MOST_NAMED).join(', ')} and ${formatNumber(words.length - MOST_NAMED)} more`
    : listed(words);

const listed = (words: readonly string[]) =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
