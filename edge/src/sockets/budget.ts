/** How much one sender may have handled: a token bucket. Pure. Source: RFC 2697 §3, without its second bucket. */

/** What may be used in one burst, and how much of it comes back each second. */
export interface Allowance {
  readonly burst: number;
  readonly perSecond: number;
}

/** What was left of an allowance at a time, in Unix milliseconds. */
export interface Bucket {
  readonly left: number;
  readonly at: number;
}

/** What is left at `now`; all of it where nothing has been used yet. A clock that goes back adds nothing. */
export function leftOf(bucket: Bucket | null, { burst, perSecond }: Allowance, now: number): number {
  if (bucket === null) return burst;
  return Math.min(burst, bucket.left + (Math.max(0, now - bucket.at) / 1000) * perSecond);
}

/** The bucket after `amount` was used at `now`; null when there is not so much left. */
export function use(bucket: Bucket | null, allowance: Allowance, amount: number, now: number): Bucket | null {
  const left = leftOf(bucket, allowance, now) - amount;
  return left < 0 ? null : { left, at: now };
}

/** In how many milliseconds from `now` so much is left; 0 when it is there already, and never more than a full burst takes. */
export function waitFor(bucket: Bucket | null, allowance: Allowance, amount: number, now: number): number {
  const needed = Math.min(amount, allowance.burst);
  const missing = needed - leftOf(bucket, allowance, now);
  if (missing <= 0) return 0;
  const wait = Math.ceil((missing / allowance.perSecond) * 1000);
  // Rounding may leave a bucket a hair short of what is needed.
  return leftOf(bucket, allowance, now + wait) < needed ? wait + 1 : wait;
}
