/** How much one invocation of the Worker may still ask of others. */
import { AppFluxError } from '@appflux/protocol';

/**
 * A Worker may make 1,000 requests of its own (to objects, D1, R2, or by fetch) for each that it is sent:
 * https://developers.cloudflare.com/workers/platform/limits/#subrequests. Some are left for what is not counted here.
 */
export class Budget {
  #left: number;
  readonly #until: number;

  /** Spent after so many requests, or after so many milliseconds. */
  constructor(requests = 600, ms = Number.POSITIVE_INFINITY) {
    this.#left = requests;
    this.#until = Date.now() + ms;
  }

  /** Notes that about so many requests are made. */
  spend(requests: number): void {
    this.#left -= requests;
  }

  get isSpent(): boolean {
    return this.#left <= 0 || Date.now() >= this.#until;
  }
}

/** Notes that about so many requests are made in removing something. Throws AppFluxError `unavailable` when none is left. */
export function spendOnRemoval(budget: Budget, requests: number): void {
  if (budget.isSpent) {
    throw new AppFluxError('unavailable', 'There is more to remove than one request can handle handle', {
      hint: 'Delete it again to continue. What was removed stays removed.',
      retryAfterSeconds: 1,
    });
  }
  budget.spend(requests);
}
