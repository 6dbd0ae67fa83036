/** The rounds of the cron: each goes through everything, some at a run. */

import type { Measured } from './measured.ts';
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
  /** Bytes of the artifacts that stay, of the apps so far. Absent in rounds of earlier versions. */
  artifactBytes?: number;
  /** What the last complete round found. Absent until there was one, and in rounds of earlier versions. */
  measured?: Measured;
}

/** The round that a run at `now` belongs to, or null when none is due. */
export function dueRound(last: Round | null, now: number): Round | null {
  if (last !== null && last.position !== null) return last;
  const due = last === null || last.failed || now - last.begunAt >= ROUND_MS;
  if (!due) return null;
  const begun: Round = { position: START, begunAt: now, failed: false, artifactBytes: 0 };
  return last?.measured === undefined ? begun : { ...begun, measured: last.measured };
}

/** The round after a run. */
export function afterRun(round: Round, { next, failures, artifactBytes }: Run): Round {
  const after = { ...round, position: next, failed: round.failed || failures.length > 0 };
  // An earlier version began this round without counting.
  if (round.artifactBytes === undefined) return after;
  const bytes = round.artifactBytes + artifactBytes;
  if (next !== null) return { ...after, artifactBytes: bytes };
  return { ...after, artifactBytes: bytes, measured: { artifactBytes: bytes, at: round.begunAt } };
}
