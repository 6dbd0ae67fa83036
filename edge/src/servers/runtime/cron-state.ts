/** When the crons of a release's server run next. Pure. Expressions are in UTC, as those of schedules. */
import { nextAfter } from '../../cron-expression.ts';

/** One expression of a server's `crons`. */
export interface CronTime {
  readonly cron: string;
  /** In the server's list. */
  readonly index: number;
  /** Unix milliseconds. */
  readonly nextAt: number;
}

/** The crons of the release, as they were read from it. */
export interface CronState {
  readonly deploymentId: string;
  readonly times: readonly CronTime[];
}

/** A run that came later than this is left out: its time is over, as on other platforms. */
export const LATE_MS = 5 * 60_000;

/** The release may have changed without notice: it is looked at again after this long, in milliseconds. */
export const LOOK_EVERY_MS = 15 * 60_000;

/** The state of a release's crons from `now` on, and the expressions that are none or are never due. */
export function cronsFrom(
  deploymentId: string,
  crons: readonly string[],
  now: number,
): { state: CronState; invalid: string[] } {
  const times: CronTime[] = [];
  const invalid: string[] = [];
  for (const [index, cron] of crons.entries()) {
    const nextAt = nextTime(cron, now);
    if (nextAt === null) invalid.push(cron);
    else times.push({ cron, index, nextAt });
  }
  return { state: { deploymentId, times }, invalid };
}

/** What is due at `now`, what is too late to run, and the state after that. */
export function dueCrons(
  { deploymentId, times }: CronState,
  now: number,
): { due: CronTime[]; missed: CronTime[]; state: CronState } {
  const over = times.filter(({ nextAt }) => nextAt <= now);
  return {
    due: over.filter(({ nextAt }) => now - nextAt <= LATE_MS),
    missed: over.filter(({ nextAt }) => now - nextAt > LATE_MS),
    state: { deploymentId, times: times.flatMap((time) => afterRun(time, now)) },
  };
}

/** When to look at the crons again, in Unix milliseconds. */
export const lookAt = ({ times }: CronState, now: number): number =>
  Math.min(now + LOOK_EVERY_MS, ...times.map(({ nextAt }) => nextAt));

function afterRun(time: CronTime, now: number): CronTime[] {
  if (time.nextAt > now) return [time];
  const nextAt = nextTime(time.cron, now);
  return nextAt === null ? [] : [{ ...time, nextAt }];
}

function nextTime(cron: string, now: number): number | null {
  try {
    return nextAfter(cron, new Date(now))?.getTime() ?? null;
  } catch {
    // The library throws for what it can't parse: the caller says so in the log.
    return null;
  }
}
