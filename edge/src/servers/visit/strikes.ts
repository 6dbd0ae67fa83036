/**
 * Finds out whose server made the process of all servers end, and stops that one. One thread runs them all: a server that
 * loops, or fills memory, takes the others with it, and nothing says which it was. So all that were active when the process
 * ended are suspects, which run one at a time from then on until each has behaved; who is alone when it ends again, did it.
 * Only on one machine: on Cloudflare, each server has limits of its own. Kept in memory, as decisions that a restart of
 * the control plane may forget. Times are in milliseconds.
 */

/** How long after its last request a server is taken to have been active. */
const RECENT_MS = 30_000;

/** How long the first stop lasts, and the longest; each is twice as long as the one before. */
export const FIRST_STOP_MS = 60_000;
export const LONGEST_STOP_MS = 3_600_000;

/** Strikes and stops are forgotten after this time without another. */
const FORGOTTEN_MS = 2 * LONGEST_STOP_MS;

/** How long a suspect stays alone after it has answered: what it does then counts for it, too. It grows with its strikes. */
const FIRST_SETTLE_MS = 100;
const LONGEST_SETTLE_MS = 5_000;

/** From this strike on, a suspect that has answered and is still alone when the process ends, is stopped as well. */
const SURE_STRIKES = 4;

/** How many servers are remembered. */
const MOST_STANDINGS = 2_000;

interface Standing {
  inFlight: number;
  lastActive: number;
  /** It has opened a WebSocket in this process, which may be open still. */
  hasSockets: boolean;
  isSuspect: boolean;
  strikes: number;
  struckAt: number;
  stops: number;
  stoppedUntil: number;
}

/** Whether a request may go to a server now; a suspect's holds the turn until `settled`. */
export type Admission =
  | { readonly kind: 'free' | 'alone' | 'wait' }
  | { readonly kind: 'stopped'; readonly until: number };

export class Strikes {
  readonly #standings = new Map<string, Standing>();
  #holder: { readonly id: string; answered: boolean } | null = null;
  #lastEnded = 0;

  /** Asks for a request to the server of a deployment. If it is `free` or `alone`, it counts as in flight. */
  admit(id: string, now: number): Admission {
    const standing = this.#of(id, now);
    if (standing.stoppedUntil > now) return { kind: 'stopped', until: standing.stoppedUntil };
    if (standing.isSuspect && this.#holder !== null) return { kind: 'wait' };
    standing.inFlight += 1;
    standing.lastActive = now;
    if (!standing.isSuspect) return { kind: 'free' };
    this.#holder = { id, answered: false };
    return { kind: 'alone' };
  }

  /** A request that was admitted has ended: its answer began, or there is none. */
  ended(id: string, now: number, hasSocket = false): void {
    const standing = this.#of(id, now);
    standing.inFlight = Math.max(standing.inFlight - 1, 0);
    standing.lastActive = now;
    standing.hasSockets ||= hasSocket;
    if (this.#holder?.id === id) this.#holder.answered = true;
  }

  /** How long the suspect that has answered stays alone, in milliseconds. */
  settleMs(id: string, now: number): number {
    return Math.min(FIRST_SETTLE_MS * 4 ** (this.#of(id, now).strikes - 1), LONGEST_SETTLE_MS);
  }

  /** The suspect has behaved until now, and runs beside the others again. */
  settled(id: string, now: number): void {
    if (this.#holder?.id !== id) return;
    this.#holder = null;
    this.#of(id, now).isSuspect = false;
  }

  /** Gives the turn back without an acquittal: the request never reached the server. */
  released(id: string): void {
    if (this.#holder?.id === id) this.#holder = null;
  }

  /**
   * The process of this number has ended. Requests that it took with it must still count as in flight. Each is counted once.
   * @returns the deployment that is stopped for it; null if it isn't known which
   */
  processEnded(run: number, now: number): string | null {
    if (run <= this.#lastEnded) return null;
    this.#lastEnded = run;
    const holder = this.#holder;
    this.#holder = null;
    const active = [...this.#standings].filter(
      ([, standing]) =>
        standing.inFlight > 0 || standing.hasSockets || now - standing.lastActive <= RECENT_MS,
    );
    for (const [, standing] of active) standing.hasSockets = false;
    const others = active.some(([id, { inFlight }]) => id !== holder?.id && inFlight > 0);
    if (holder !== null && !others) {
      const standing = this.#of(holder.id, now);
      if (!holder.answered || standing.strikes >= SURE_STRIKES) {
        standing.strikes += 1;
        standing.stops += 1;
        standing.struckAt = now;
        standing.stoppedUntil = now + Math.min(FIRST_STOP_MS * 2 ** (standing.stops - 1), LONGEST_STOP_MS);
        return holder.id;
      }
    }
    for (const [, standing] of active) {
      standing.isSuspect = true;
      standing.strikes += 1;
      standing.struckAt = now;
    }
    return null;
  }

  #of(id: string, now: number): Standing {
    const known = this.#standings.get(id);
    if (known !== undefined) {
      if (known.strikes > 0 && now - known.struckAt > FORGOTTEN_MS)
        Object.assign(known, { strikes: 0, stops: 0, isSuspect: false });
      return known;
    }
    if (this.#standings.size >= MOST_STANDINGS) this.#forget(now);
    const standing: Standing = {
      inFlight: 0,
      lastActive: now,
      hasSockets: false,
      isSuspect: false,
      strikes: 0,
      struckAt: 0,
      stops: 0,
      stoppedUntil: 0,
    };
    this.#standings.set(id, standing);
    return standing;
  }

  /** Makes room: forgets whose standing says nothing. */
  #forget(now: number): void {
    for (const [id, { inFlight, hasSockets, lastActive, strikes, struckAt }] of this.#standings) {
      const isActive = inFlight > 0 || hasSockets || now - lastActive <= RECENT_MS;
      if (!isActive && (strikes === 0 || now - struckAt > FORGOTTEN_MS)) this.#standings.delete(id);
    }
  }
}
