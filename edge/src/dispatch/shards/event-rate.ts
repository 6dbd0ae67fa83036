/** How many events an object has had a second, at its busiest of late. */

const WINDOW_MS = 60_000;

/** What a minute leaves of an earlier peak: half is left after about 35 minutes. */
const KEPT = 0.98;

export class EventRate {
  #from: number;
  #events = 0;
  #peak = 0;

  /** `now` in Unix milliseconds, as below. */
  constructor(now: number) {
    this.#from = now;
  }

  /** An event has happened. True once in a minute, when the rate may be another. */
  count(now: number): boolean {
    this.#events += 1;
    return this.#roll(now);
  }

  perSecond(now: number): number {
    this.#roll(now);
    return this.#peak;
  }

  #roll(now: number): boolean {
    const passed = now - this.#from;
    // A clock that was set back begins a new window.
    if (passed >= 0 && passed < WINDOW_MS) return false;
    if (passed >= WINDOW_MS) {
      const faded = this.#peak * KEPT ** (passed / WINDOW_MS);
      this.#peak = Math.max((this.#events * 1000) / passed, faded);
    }
    this.#from = now;
    this.#events = 0;
    return true;
  }
}
