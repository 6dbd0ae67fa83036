/** Decides what is stuck. Pure. Times are Unix milliseconds. */

import type { StuckItem, StuckKind } from '@appflux/protocol';
import type { Activity } from '../deployment/activity.ts';
import { CANCEL_GRACE_MS } from '../deployment/lifecycle.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long something may take before it counts as stuck, in milliseconds. */
export const LONGEST = {
  /** A runner is free, or none can build it at all. The pool hands a job out within a second. */
  queued: 5 * MINUTE,
  /** The end of a lease, after which the deployment's object acts within seconds. */
  leaseOverdue: MINUTE,
  /** A build without a line. Long compilations print nothing, but rarely for so long. */
  silent: 15 * MINUTE,
  /** Uploading artifacts. */
  publishing: 30 * MINUTE,
  canceling: 2 * MINUTE,
  runnerAway: 2 * MINUTE,
  /** The cron removes what was begun a day ago, every 15 minutes. */
  uploads: 25 * HOUR,
  outbox: 10 * MINUTE,
  /** Two runs were missed. */
  cron: 35 * MINUTE,
  /** A retention round takes some runs. */
  round: 12 * HOUR,
} as const;

export interface OneDeployment {
  deploymentId: string;
  teamId: string;
  app: string;
  createdAt: number;
}

/** What the pool of its team says of a queued deployment; null if the pool could not be asked. */
export type Place =
  | { waits: true; mayStart: boolean; reason: string | null }
  | { waits: false; isOut: boolean };

export interface StuckFacts {
  now: number;
  queued: readonly (OneDeployment & { place: Place | null })[];
  /** Building or canceling. `activity` is null if the object could not be asked. */
  running: readonly (OneDeployment & { activity: Activity | null })[];
  /** Attempts that are out with a runner that is not connected. */
  away: readonly { deploymentId: string; teamId: string; runner: string; lastSeenAt: number | null }[];
  /** Counts, and the oldest; null if they could not be read. */
  uploads: Oldest | null;
  deadLetters: Oldest | null;
  /** Links that mail could not bring to their person. */
  outbox: Oldest | null;
  /** When the cron last succeeded; null if that is not known. */
  cronSucceededAt: number | null;
  /** Since when a retention round has been going on; null if none is. */
  roundSince: number | null;
}

export interface Oldest {
  count: number;
  oldestAt: number | null;
}

/** Everything that is stuck, the longest first. */
export function stuckItems(facts: StuckFacts): StuckItem[] {
  return [
    ...facts.queued.flatMap((deployment) => queuedItem(deployment, facts.now)),
    ...facts.running.flatMap((deployment) => runningItem(deployment, facts.now)),
    ...facts.away.flatMap((attempt) => awayItem(attempt, facts.now)),
    ...instanceItems(facts),
  ].sort((one, other) => (one.since < other.since ? -1 : 1));
}

const isLonger = (since: number | null, longest: number, now: number): since is number =>
  since !== null && now - since > longest;

interface Found {
  kind: StuckKind;
  since: number;
  summary: string;
  advice: string;
}

const itemOf = (found: Found, about: { deploymentId: string; teamId: string } | null): StuckItem => ({
  ...found,
  since: new Date(found.since).toISOString(),
  deploymentId: about?.deploymentId ?? null,
  teamId: about?.teamId ?? null,
});

function queuedItem(deployment: StuckFacts['queued'][number], now: number): StuckItem[] {
  const { place, app, createdAt: since } = deployment;
  if (place === null || !isLonger(since, LONGEST.queued, now)) return [];
  if (!place.waits) {
    // The record of one that just began to build is late.
    if (place.isOut) return [];
    return [
      itemOf(
        {
          kind: 'queued_lost',
          since,
          summary: `A deployment of ${app} is queued, but no pool has it`,
          advice: 'Check the dead letters. If it stays, cancel it and deploy again.',
        },
        deployment,
      ),
    ];
  }
  if (place.mayStart) {
    return [
      itemOf(
        {
          kind: 'queued_unclaimed',
          since,
          summary: `A deployment of ${app} waits although a runner is free`,
          advice:
            'Check the log of the control plane for failed claims. Restarting the runner makes it ask again.',
        },
        deployment,
      ),
    ];
  }
  // Busy runners and limits of an app end by themselves.
  if (!/^No |draining\b|without a sandbox|too little disk space/.test(place.reason ?? '')) return [];
  return [
    itemOf(
      {
        kind: 'queued_without_runner',
        since,
        summary: `A deployment of ${app} waits: ${place.reason}`,
        advice: 'Start or free up a runner that can build it, or change the runner labels of the app.',
      },
      deployment,
    ),
  ];
}

function runningItem(deployment: StuckFacts['running'][number], now: number): StuckItem[] {
  const { activity, app } = deployment;
  if (activity === null) return [];
  const found = foundRunning(activity, app, now);
  return found === null ? [] : [itemOf(found, deployment)];
}

function foundRunning(activity: Activity, app: string, now: number): Found | null {
  const { status, phase, phaseStartedAt, leaseExpiresAt, lastLineAt, startedAt, cancelBy } = activity;
  if (status === 'canceling') {
    const since = cancelBy === null ? null : cancelBy - CANCEL_GRACE_MS;
    if (!isLonger(since, LONGEST.canceling, now)) return null;
    return {
      kind: 'canceling_slow',
      since,
      summary: `A deployment of ${app} is still canceling`,
      advice: 'Check whether its runner responds. Restarting the control plane rings lost alarms again.',
    };
  }
  if (status !== 'building') return null;
  if (isLonger(leaseExpiresAt, LONGEST.leaseOverdue, now)) {
    return {
      kind: 'lease_expired',
      since: leaseExpiresAt,
      summary: `The lease of a deployment of ${app} has expired, and it was not queued again`,
      advice: 'Restarting the control plane rings lost alarms again. Otherwise cancel it.',
    };
  }
  if (phase === 'uploading') {
    if (!isLonger(phaseStartedAt, LONGEST.publishing, now)) return null;
    return {
      kind: 'publishing_slow',
      since: phaseStartedAt,
      summary: `A deployment of ${app} has been uploading its artifacts for long`,
      advice: 'Check the storage, and the connection from the runner to it.',
    };
  }
  const heardAt = lastLineAt ?? startedAt;
  if (!isLonger(heardAt, LONGEST.silent, now)) return null;
  return {
    kind: 'build_silent',
    since: heardAt,
    summary: `A build of ${app} has written no line for long`,
    advice: 'Open its log. If it hangs, cancel it; its time limit ends it otherwise.',
  };
}

function awayItem(attempt: StuckFacts['away'][number], now: number): StuckItem[] {
  const { lastSeenAt, runner } = attempt;
  if (!isLonger(lastSeenAt, LONGEST.runnerAway, now)) return [];
  return [
    itemOf(
      {
        kind: 'runner_offline_with_job',
        since: lastSeenAt,
        summary: `Runner ${runner} is offline and has a build`,
        advice: 'Start the runner. Otherwise the build is queued again when its lease expires.',
      },
      attempt,
    ),
  ];
}

function instanceItems({
  now,
  uploads,
  deadLetters,
  outbox,
  cronSucceededAt,
  roundSince,
}: StuckFacts): StuckItem[] {
  const found: Found[] = [];
  if (uploads !== null && isLonger(uploads.oldestAt, LONGEST.uploads, now)) {
    found.push({
      kind: 'uploads_left',
      since: uploads.oldestAt,
      summary: `${counted(uploads.count, 'upload')} begun more than a day ago and never completed`,
      advice: 'The cron removes them. Check that it runs, and that storage allows deletion.',
    });
  }
  if (deadLetters !== null && deadLetters.oldestAt !== null) {
    found.push({
      kind: 'dead_letters',
      since: deadLetters.oldestAt,
      summary: `${counted(deadLetters.count, 'message')} could not be delivered by the queues`,
      advice: 'Fix the cause under Errors, then replay them with POST /api/ops/dead-letters/{id}/replay.',
    });
  }
  if (outbox !== null && isLonger(outbox.oldestAt, LONGEST.outbox, now)) {
    found.push({
      kind: 'outbox_unsent',
      since: outbox.oldestAt,
      summary: `${counted(outbox.count, 'link')} could not be emailed`,
      advice: 'Settings, Sign-in links shows why. Pass them on yourself, and fix the mail service.',
    });
  }
  if (isLonger(cronSucceededAt, LONGEST.cron, now)) {
    found.push({
      kind: 'sweep_overdue',
      since: cronSucceededAt,
      summary: 'The cron has not completed a run for more than two intervals',
      advice: 'Check the log of the control plane. Without it nothing expired is removed.',
    });
  } else if (isLonger(roundSince, LONGEST.round, now)) {
    found.push({
      kind: 'sweep_overdue',
      since: roundSince,
      summary: 'A retention round has not ended',
      advice: 'Errors lists what can’t be removed. Usually storage doesn’t allow deletion.',
    });
  }
  return found.map((one) => itemOf(one, null));
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
