/**
 * Decides when the process that runs the servers of sites has to be ended. One thread runs all of them: a script that
 * loops stops every site, and only ending the process ends the loop.
 */
import type { EndReason } from './config.ts';
import type { Usage } from './usage.ts';

/**
 * How long a loop may last, in milliseconds of wall time, and the share of that which must be processor time: on a busy
 * machine, requests that are worked off take long and compute little.
 */
const LOOP_MS = 2_000;
const LOOP_CPU_SHARE = 0.5;

/**
 * What is added to that for each other connection: workerd runs the scripts of all requests that have arrived before it
 * writes the first response, so that forty pages of 100 ms each look like a loop of four seconds.
 */
const PER_CONNECTION_MS = 200;

/**
 * The limit of both, and how long a process may be silent that reads and writes meanwhile. That is one with more requests
 * than it can answer, which it works off, or a script that prints in its loop.
 */
const BUSY_MS = 10_000;

/** How long it may be silent without computing, as on a machine that has no memory left. */
const SILENT_MS = 60_000;

/** A look at the process. Times are monotonic, in milliseconds. */
export interface Look extends Usage {
  readonly at: number;
  /** When the question was sent that it has not answered yet; null if it has answered all. */
  readonly askedAt: number | null;
  /** How many connections it has. */
  readonly connections: number;
}

/** What of earlier looks counts for the next. */
export interface Watch {
  /** Since when it has not answered, and its processor time then. */
  readonly silent: { readonly since: number; readonly cpuMs: number } | null;
  /** Since when it has neither read nor written, its calls and its processor time then. */
  readonly still: { readonly since: number; readonly calls: number; readonly cpuMs: number } | null;
}

export const UNSEEN: Watch = { silent: null, still: null };

/** What a look shows: the reason to end the process, or null; and what to remember. Pure. */
export function watch(
  before: Watch,
  look: Look,
  memoryBytes: number,
): { readonly watch: Watch; readonly reason: EndReason | null } {
  const { at, cpuMs, calls } = look;
  const { askedAt } = look;
  const isSameQuestion = askedAt !== null && before.silent?.since === askedAt;
  const silent = isSameQuestion ? before.silent : askedAt === null ? null : { since: askedAt, cpuMs };
  const still = before.still?.calls === calls ? before.still : { since: at, calls, cpuMs };
  return { watch: { silent, still }, reason: reasonOf(look, silent, still, memoryBytes) };
}

function reasonOf(
  { at, cpuMs, memoryBytes: used, connections }: Look,
  silent: Watch['silent'],
  still: NonNullable<Watch['still']>,
  memoryBytes: number,
): EndReason | null {
  if (used > memoryBytes) return 'memory';
  if (silent === null) return null;
  const limit = Math.min(LOOP_MS + connections * PER_CONNECTION_MS, BUSY_MS);
  const loops = at - still.since >= limit && cpuMs - still.cpuMs >= limit * LOOP_CPU_SHARE;
  if (at - silent.since >= limit && loops) return 'unresponsive';
  if (at - silent.since >= BUSY_MS && cpuMs - silent.cpuMs >= BUSY_MS / 4) return 'unresponsive';
  return at - silent.since >= SILENT_MS ? 'unresponsive' : null;
}
