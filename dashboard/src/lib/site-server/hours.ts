/** The chart of requests by hour: geometry and texts. Pure. */
import type { RuntimeAnalytics } from '@appflux/protocol';
import { hourName } from '#lib/format/date.ts';
import { formatMilliseconds } from '#lib/format/duration.ts';
import { plural } from '#lib/format/number.ts';

export type Hour = RuntimeAnalytics['hours'][number];

/** An hour's figures in one sentence. */
export function describeHour({ at, requests, errors, p50Ms, p95Ms }: Hour): string {
  if (requests === 0) return `${hourName(at)}: no requests`;
  const counts = `${plural(requests, ['# request', '# requests'])}, ${plural(errors, ['# error', '# errors'])}`;
  return `${hourName(at)}: ${counts}, p50 ${formatMilliseconds(p50Ms)}, p95 ${formatMilliseconds(p95Ms)}`;
}

/** An hour's bar from the bottom up, as shares of the chart's height: errors, then the other requests. */
export function barOf({ requests, errors }: Hour, top: number): { errors: number; others: number } {
  const failed = Math.min(errors, requests);
  return { errors: failed / top, others: (requests - failed) / top };
}
