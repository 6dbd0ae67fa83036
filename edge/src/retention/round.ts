/** The rounds of the cron: each goes through everything, some at a run. */

import { type Position, START } from './report.ts';
import type { Run } from './run.ts';

/** How often a round begins, in milliseconds. */
const ROUND_MS = 6 * 60 * 60 * 1000;

export interface Round {
  /** Where the next run goes on; null when the round is over. */
  position: Position | null;
  /** Unix milliseconds. */
  begunAt: number;
  /** Something could not be removed: the next round begins immediately. */
  failed: boolean;
}

/** The round that a run at `now` belongs to, or null when none is due. */
export function dueRound(last: Round | null, now: number): Round | null {
  if (last !== null && last.position !== null) return last;
  const due = last === null || last.failed || now - last.begunAt >= ROUND_MS;
  return due ? { position: START, begunAt: now, failed: false } : null;
}

/** The round after a run. */
export const afterRun = (round: Round, { next, failures }: Run): Round => ({
  ...round,
  position: next,
  failed: round.failed || failures.length > 0,
});
