/** Counts what each deployment has open at the same time. */

/** Limits how many are open of one kind, in this isolate. */
export class Places {
  readonly #most: number;
  readonly #countedForMs: number;
  /** When each was taken, by deployment. */
  readonly #open = new Map<string, Set<{ readonly at: number }>>();

  /**
   * `most`: how many a deployment may have. `countedForMs`: after how long one is not counted any more. The platform may end
   * what would give a place back, and a deployment must not lose its places permanently.
   */
  constructor({ most, countedForMs }: { most: number; countedForMs: number }) {
    this.#most = most;
    this.#countedForMs = countedForMs;
  }

  /** Takes a place. Returns what gives it back, which may be called again; null if there is none. */
  take(deploymentId: string, now = Date.now()): (() => void) | null {
    const places = this.#open.get(deploymentId) ?? new Set();
    for (const place of places) if (now - place.at > this.#countedForMs) places.delete(place);
    if (places.size >= this.#most) return null;
    const own = { at: now };
    places.add(own);
    this.#open.set(deploymentId, places);
    return () => {
      places.delete(own);
      if (places.size === 0 && this.#open.get(deploymentId) === places) this.#open.delete(deploymentId);
    };
  }
}
