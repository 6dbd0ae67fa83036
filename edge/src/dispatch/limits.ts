/** The builds of a team that run, and which of its limits holds another one back. Pure. */
import { type BuildLimits, NO_BUILD_LIMITS } from '@appflux/protocol';

/** A limit that leaves no room for another build. */
export interface ReachedLimit {
  /** Null for the limit of all builds together. */
  readonly label: string | null;
  readonly most: number;
  readonly running: number;
}

export class TeamBuilds {
  limits: BuildLimits = NO_BUILD_LIMITS;
  #running = 0;
  /** By label. A label of which nothing runs isn't there. */
  readonly #labelled = new Map<string, number>();

  /** A build has begun, or ended. `labels` are those that its job asks for, not all that its runner has. */
  count(labels: readonly string[], change: 1 | -1): void {
    this.#running += change;
    for (const label of new Set(labels)) {
      const running = (this.#labelled.get(label) ?? 0) + change;
      if (running === 0) this.#labelled.delete(label);
      else this.#labelled.set(label, running);
    }
  }

  /** The limit that a job with these labels has to wait for, that of the team first; null when there is room. */
  reached(labels: readonly string[]): ReachedLimit | null {
    const { builds, labels: byLabel } = this.limits;
    if (builds !== null && this.#running >= builds)
      return { label: null, most: builds, running: this.#running };
    for (const label of labels) {
      // Its own members only: a label may be called `constructor`.
      const most = Object.hasOwn(byLabel, label) ? byLabel[label] : undefined;
      const running = this.#labelled.get(label) ?? 0;
      if (most !== undefined && running >= most) return { label, most, running };
    }
    return null;
  }

  /** The same, to be counted on without changing this one. */
  copy(): TeamBuilds {
    const copy = new TeamBuilds();
    copy.limits = this.limits;
    copy.#running = this.#running;
    for (const [label, running] of this.#labelled) copy.#labelled.set(label, running);
    return copy;
  }
}
