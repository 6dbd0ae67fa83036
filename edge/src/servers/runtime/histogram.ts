/** How long requests took, as counts by bucket (`DURATION_BUCKETS` of the protocol). Pure. */
import { DURATION_BUCKETS } from '@appflux/protocol';

/** Pairs of a bucket and how many requests are in it, as `RuntimeCounts` has them. */
export type Durations = [bucket: number, count: number][];

/** Buckets per doubling: a bucket ends at 1.26 times the end of the one before. */
const PER_DOUBLING = 3;

/** The bucket of a duration in milliseconds. What can't be one counts as the shortest. */
export function bucketOf(milliseconds: number): number {
  if (!(milliseconds > 1)) return 0;
  return Math.min(DURATION_BUCKETS - 1, Math.ceil(PER_DOUBLING * Math.log2(milliseconds)));
}

/** Both together. */
export function addDurations(one: Durations, other: Durations): Durations {
  const sum = new Map<number, number>();
  for (const [bucket, count] of [...one, ...other]) sum.set(bucket, (sum.get(bucket) ?? 0) + count);
  return [...sum].sort(([a], [b]) => a - b);
}

/**
 * The duration in milliseconds within which this share (0 to 1) of the requests was answered; null if there are none. It
 * is the middle of a bucket on a logarithmic scale, so it is off by 13 % at most.
 */
export function percentile(durations: Durations, share: number): number | null {
  const sorted = [...durations].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(share * total));
  let seen = 0;
  for (const [bucket, count] of sorted) {
    seen += count;
    if (seen >= rank) return middleOf(bucket);
  }
  return null;
}

function middleOf(bucket: number): number {
  if (bucket === 0) return 1;
  return Math.round(2 ** ((bucket - 0.5) / PER_DOUBLING) * 10) / 10;
}
