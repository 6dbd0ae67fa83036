/**
 * Whether storage works. Anyone may ask, and each check is a request that R2 bills for, so an answer is kept for some
 * seconds. Source: https://developers.cloudflare.com/r2/pricing/#class-b-operations
 */

/** How long an answer is kept, in milliseconds. */
const KEPT_MS = 5_000;

/** After this long a check that has not ended is no longer waited for: its request may have been dropped. */
const GIVEN_UP_MS = 15_000;

interface Checked {
  works: boolean;
  at: number;
}

/** The last answer of a check, and whether another one is under way. */
export class KeptHealth {
  #last: Checked | null = null;
  #checkingSince: number | null = null;

  /**
   * The kept answer, or what `check` says now, which does not throw. While a check is under way, other calls get the
   * answer before it: a request of the platform cannot wait for what another one has begun.
   */
  async works(check: () => Promise<boolean>): Promise<boolean> {
    const now = Date.now();
    const last = this.#last;
    if (last !== null && now - last.at < KEPT_MS) return last.works;
    const checking = this.#checkingSince !== null && now - this.#checkingSince < GIVEN_UP_MS;
    if (last !== null && checking) return last.works;
    this.#checkingSince = now;
    const works = await check();
    this.#checkingSince = null;
    this.#last = { works, at: Date.now() };
    return works;
  }
}
