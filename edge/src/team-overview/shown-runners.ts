/** Which runners of a large team an overview names. Pure. */
import type { Runner } from '@appflux/protocol';

/** So many are named at most. The others are in the list of runners. */
export const MOST_RUNNERS = 50;

const RANK = { online: 0, draining: 1, offline: 2 };

/** All in their order; of too many those that are online first, with the most builds. */
export function shownRunners(runners: readonly Runner[]): Runner[] {
  if (runners.length <= MOST_RUNNERS) return [...runners];
  return runners
    .toSorted((one, other) => RANK[one.status] - RANK[other.status] || other.busy - one.busy)
    .slice(0, MOST_RUNNERS);
}
