/** Cron expressions, in UTC. Pure. */
import { AppFluxError } from '@appflux/protocol';
import { Cron } from 'croner';

/** Five fields, or a nickname such as `@daily`. The library would also take a date, which is due once. */
const FORM = /^(?:@[a-z]+|\S+(?:[ \t]+\S+){4})$/i;

/** How many times are counted at most: beyond that, an instance was away so long that it makes no difference. */
export const MOST_MISSED = 1000;

const HINT =
  'Use five fields in UTC: minute, hour, day of month, month, day of week. “0 4 * * 1-5” is 04:00 from Monday to Friday.';

/** The first time after `after` that the expression names; null if there is none. Throws for what is no expression. */
export function nextAfter(cron: string, after: Date): Date | null {
  return parse(cron).nextRun(after);
}

/** How many times the expression names from `from` on, up to `to`: at most MOST_MISSED. */
export function timesBetween(cron: string, from: Date, to: Date): number {
  const parsed = parse(cron);
  let count = 0;
  let time: Date | null = from;
  while (time !== null && time <= to && count < MOST_MISSED) {
    count += 1;
    time = parsed.nextRun(time);
  }
  return count;
}

/** The first time after `now` that it is due. Throws AppFluxError `unprocessable` for one that is invalid or never due. */
export function requireDue(cron: string, now: Date): Date {
  const next = FORM.test(cron) ? tryNext(cron, now) : null;
  if (next instanceof Date) return next;
  if (next === 'never') {
    throw new AppFluxError('unprocessable', `“${cron}” never runs: there is no such day`, {
      hint: 'Choose a day that the month has.',
      issues: [{ path: 'cron', message: 'Never runs' }],
    });
  }
  throw new AppFluxError('unprocessable', `“${cron}” is not a cron expression`, {
    hint: HINT,
    issues: [{ path: 'cron', message: 'Not a cron expression' }],
  });
}

function tryNext(cron: string, now: Date): Date | 'never' | null {
  try {
    return nextAfter(cron, now) ?? 'never';
  } catch {
    // The library throws for what it can't parse; its words name its own options.
    return null;
  }
}

const parse = (cron: string) => new Cron(cron, { timezone: 'UTC', mode: '5-part', paused: true });
