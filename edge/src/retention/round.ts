/** The rounds of retention: each goes through everything, some at a time. */

import type { RetentionDefaults } from '@appflux/protocol';
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
  /** The instance's rules when the cron last looked. Absent in rounds of earlier versions. */
  defaults?: RetentionDefaults;
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

/** What the object of an App reports when it has gone on by itself: of the round that began at `begunAt`. */
export interface Report {
  begunAt: number;
  /** Bytes of the artifacts that stay, of what it had not looked at when the round asked it. */
  artifactBytes: number;
  failed: boolean;
}

/** The round after such a report. A report of an earlier round only says that something failed. */
export function afterReport(round: Round, { begunAt, artifactBytes, failed }: Report): Round {
  const after = { ...round, failed: round.failed || failed };
  if (begunAt !== round.begunAt || round.artifactBytes === undefined) return after;
  const bytes = round.artifactBytes + artifactBytes;
  const isMeasured = round.position === null && round.measured?.at === begunAt;
  return {
    ...after,
    artifactBytes: bytes,
    ...(isMeasured ? { measured: { artifactBytes: bytes, at: begunAt } } : {}),
  };
}
