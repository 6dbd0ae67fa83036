/** What was asked of an instance, what it answered, and what it said of itself meanwhile. */
import type { Deployment, DeploymentStatus, LogLine } from '@appflux/protocol';
import type { Work } from './workload.ts';

/** A deployment that was asked for. */
export interface Asked {
  readonly app: string;
  readonly work: Work;
  /** Null when nobody heard the answer: it may have begun or not. */
  readonly id: string | null;
}

/** What a cancel was answered: 202, 409 with the state that it names, or nothing that anybody heard. */
export type CancelAnswer = 'accepted' | 'unheard' | { readonly ended: string };

/** How a deployment stood at some moment, as the API told it. */
export interface Sighting {
  readonly status: DeploymentStatus;
  readonly attempt: number;
}

/** What somebody saw who followed a log live, over however many connections. */
export interface Followed {
  readonly id: string;
  readonly lines: LogLine[];
  /** The status that the log ended with. */
  readonly status: string | null;
  readonly connections: number;
}

export class Ledger {
  readonly asked: Asked[] = [];
  readonly cancels = new Map<string, CancelAnswer[]>();
  readonly sightings = new Map<string, Sighting[]>();
  readonly followed: Followed[] = [];
  /** Answers that no fault outside of the instance explains. */
  readonly oddities: string[] = [];

  canceled(id: string, answer: CancelAnswer): void {
    this.cancels.set(id, [...(this.cancels.get(id) ?? []), answer]);
  }

  /** When the last answer about a deployment came. */
  readonly #seenAt = new Map<string, number>();

  /**
   * Notes how a deployment stands, if that has changed. An answer to a call that began, at `askedAt`, before the last
   * answer came is left out: which of the two is the newer state cannot be known.
   */
  saw({ id, status, attempt }: Deployment, askedAt: number, now = performance.now()): void {
    if (askedAt < (this.#seenAt.get(id) ?? Number.NEGATIVE_INFINITY)) return;
    this.#seenAt.set(id, now);
    const before = this.sightings.get(id) ?? [];
    const last = before.at(-1);
    if (last?.status !== status || last.attempt !== attempt) {
      this.sightings.set(id, [...before, { status, attempt }]);
    }
  }
}
