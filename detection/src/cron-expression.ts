/** Cron expressions of sites' servers, which run in UTC as the control plane's schedules do. Pure. */
import { quoted } from '@appflux/protocol';
import { Cron } from 'croner';

/** Five fields, or a nickname such as `@daily`. The library would also accept a date, which is due once. */
const FORM = /^(?:@[a-z]+|\S+(?:[ \t]+\S+){4})$/i;

/** What to do about an expression that `cronProblem` names. */
export const CRON_HINT =
  'Use five fields in UTC: minute, hour, day of month, month, day of week. "0 4 * * MON-FRI" is 04:00 from Monday to Friday.';

/** Why a server's `scheduled` handler can't run at the times of this expression, without a full stop; null if it can. */
export function cronProblem(cron: string): string | null {
  if (!FORM.test(cron)) return `${quoted(cron)} is not a cron expression`;
  try {
    const next = new Cron(cron, { timezone: 'UTC', mode: '5-part', paused: true }).nextRun(new Date(0));
    return next === null ? `${quoted(cron)} never runs: there is no such day` : null;
  } catch {
    // The library throws for what it can't parse; its words name its own options.
    return `${quoted(cron)} is not a cron expression`;
  }
}
