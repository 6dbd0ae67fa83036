/** What each caller has used of its allowance, in the memory of one instance of the Worker. */
import { type Allowance, type Bucket, leftOf, use, waitFor } from '../../sockets/budget.ts';

/** How many callers are remembered: a flood of made-up tokens must not fill the memory. */
export const MOST_CALLERS = 10_000;

export class CallBudgets {
  /** In the order of their last calls. */
  readonly #buckets = new Map<string, Bucket>();

  /** Uses `amount` at `now`. Gives in how many milliseconds to call again; 0 when the call is allowed. */
  spend(caller: string, amount: number, allowance: Allowance, now: number): number {
    const before = this.#buckets.get(caller) ?? null;
    const after = use(before, allowance, amount, now);
    if (after === null) return Math.max(1, waitFor(before, allowance, amount, now));
    this.#buckets.delete(caller);
    this.#buckets.set(caller, after);
    if (this.#buckets.size > MOST_CALLERS) this.#forget(allowance, now);
    return 0;
  }

  /** How many callers are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Forgets those who have their whole allowance again, or the one that has called least lately. */
  #forget(allowance: Allowance, now: number): void {
    for (const [caller, bucket] of this.#buckets) {
      const isFull = leftOf(bucket, allowance, now) >= allowance.burst;
      if (isFull || this.#buckets.size > MOST_CALLERS) this.#buckets.delete(caller);
      else return;
    }
  }
}
