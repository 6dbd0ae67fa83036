/**
 * What of an App's deployments goes and what stays, and why. Pure: what is removed, and when it is safe to, is the
 * business of remove.ts.
 */
import { type DeploymentStatus, type Environment, hasEnded, type KeepRule } from '@appflux/protocol';
import type { DeploymentPart } from '../metadata/metadata.ts';
import { newestFirst, type Place } from '../metadata/paging.ts';

/** What the decision needs to know of a deployment. */
export interface Candidate extends Place {
  environment: Environment;
  status: DeploymentStatus;
  /** Unix milliseconds; null while it has not ended. */
  finishedAt: number | null;
  pinned: boolean;
  /** The parts that it has and that were not removed. */
  parts: ReadonlySet<DeploymentPart>;
}

/** How long each part is kept; see policy.ts. */
export type Policy = Readonly<Record<DeploymentPart, KeepRule>>;

/** Why a part stays, in the order in which reasons are looked for; `old` is why it goes. */
export type Reason =
  | 'not_ended'
  | 'pinned'
  | 'released'
  | 'rollback'
  | 'just_ended'
  | 'among_last'
  | 'young'
  | 'old';

export interface Verdict {
  id: string;
  part: DeploymentPart;
  goes: boolean;
  why: Reason;
}

/**
 * Nothing of a deployment goes so soon after its end, in milliseconds: presigned addresses of its runner are good for
 * an hour, and what they put would come back.
 */
export const SETTLED_AFTER_MS = 2 * 60 * 60 * 1000;

const DAY_MS = 24 * 60 * 60 * 1000;

/** What verdicts depend on besides the deployments: see `decide`. */
interface DecisionBasis {
  release: Place | null;
  policy: Policy;
  now: number;
  previous: string | null;
}

/**
 * A verdict for each part of each deployment. `deployments` are all of one App that have a part left, in any order;
 * `release` is the place of the App's release among them, `previous` the id of the release before.
 *
 * The last N of a part are counted among the deployments of an environment that have it: a build that failed has
 * delivered nothing, and does not push out a version that works.
 */
export function decide(
  deployments: readonly Candidate[],
  release: Place | null,
  policy: Policy,
  now: number,
  previous: string | null = null,
): Verdict[] {
  return [...deployments].sort(newestFirst).flatMap(decider({ release, policy, now, previous }));
}

/** What was counted of the newer deployments of an App: enough to go on with the older ones. */
export interface Counted {
  /** Ended ones that have the part, by environment and part. */
  seen: Record<string, number>;
  /** The newest that could be released in place of the release. */
  rollback: string | null;
}

export const NOTHING_COUNTED: Counted = { seen: {}, rollback: null };

/**
 * The same one by one, for an App that has too many to be held in memory: gives the verdicts of each deployment, which it
 * must be given newest first. It counts on in `counted`.
 */
export function decider(
  { release, policy, now, previous }: DecisionBasis,
  counted: Counted = structuredClone(NOTHING_COUNTED),
): (deployment: Candidate) => Verdict[] {
  return (deployment) => {
    if (counted.rollback === null && couldReplace(release, deployment)) counted.rollback = deployment.id;
    return [...deployment.parts].map((part) => {
      const place = placeOf(deployment, part, counted.seen);
      const why = reasonFor(deployment, {
        release: release?.id ?? null,
        rollback: counted.rollback,
        previous,
        rule: policy[part],
        place,
        now,
      });
      return { id: deployment.id, part, goes: why === 'old', why };
    });
  };
}

/** Whether a deployment was made before the release and could be released in its place; the newest that could is kept for that. */
export const couldReplace = (release: Place | null, candidate: Candidate): boolean =>
  release !== null &&
  candidate.id !== release.id &&
  newestFirst(candidate, release) > 0 &&
  candidate.environment === 'production' &&
  candidate.status === 'success' &&
  candidate.parts.has('artifacts');

/** Which of the ended ones of its environment that have the part this is, from 1 for the newest. */
function placeOf(
  { environment, status }: Candidate,
  part: DeploymentPart,
  seen: Record<string, number>,
): number {
  if (!hasEnded(status)) return 0;
  const place = (seen[`${environment} ${part}`] ?? 0) + 1;
  seen[`${environment} ${part}`] = place;
  return place;
}

interface Circumstances {
  release: string | null;
  rollback: string | null;
  previous: string | null;
  rule: KeepRule;
  place: number;
  now: number;
}

function reasonFor(
  { id, status, finishedAt, pinned }: Candidate,
  { release, rollback, previous, rule, place, now }: Circumstances,
): Reason {
  if (!hasEnded(status) || finishedAt === null) return 'not_ended';
  if (pinned) return 'pinned';
  if (id === release) return 'released';
  // The one undoes the release; open pages still ask for files of the other.
  if (id === rollback || id === previous) return 'rollback';
  const age = now - finishedAt;
  if (age < SETTLED_AFTER_MS) return 'just_ended';
  if (place <= rule.keepLast) return 'among_last';
  return age < rule.days * DAY_MS ? 'young' : 'old';
}
