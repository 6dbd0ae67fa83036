/** The requests to an instance, its answers, and the states that it reported meanwhile. */
import { type Deployment, type DeploymentStatus, hasEnded, type LogLine } from '@appflux/protocol';
import type { Work } from './workload.ts';

/** A requested deployment. */
export interface Asked {
  readonly app: string;
  readonly work: Work;
  /** Null if the answer was lost: it may exist or not. */
  readonly id: string | null;
}

/** The answer to a cancel: 202, 409 with the state that it names, or none. */
export type CancelAnswer = 'accepted' | 'unanswered' | { readonly ended: string };

/** A deployment's state at some moment, as the API reported it. */
export interface Sighting {
  readonly status: DeploymentStatus;
  readonly attempt: number;
}

/** What someone saw who followed a log live, over any number of connections. */
export interface Followed {
  readonly id: string;
  readonly lines: LogLine[];
  /** The status that the log ended with. */
  readonly status: string | null;
  readonly connections: number;
}

/** What a runner had on disk of an attempt when it was killed: lines of the build, in order. */
export interface Kept {
  readonly id: string;
  readonly attempt: number;
  readonly texts: readonly string[];
}

export class Ledger {
  readonly asked: Asked[] = [];
  readonly cancels = new Map<string, CancelAnswer[]>();
  readonly sightings = new Map<string, Sighting[]>();
  readonly followed: Followed[] = [];
  readonly kept: Kept[] = [];
  /** Answers that no fault outside of the instance explains. */
  readonly unexplained: string[] = [];

  canceled(id: string, answer: CancelAnswer): void {
    this.cancels.set(id, [...(this.cancels.get(id) ?? []), answer]);
  }

  /** What each deployment was doing when it was last seen: its phase, or its status. */
  readonly #doing = new Map<string, string>();

  /** What the deployments were doing, of those that had not ended, when they were last seen. */
  get doing(): string[] {
    return [...this.#doing.values()];
  }

  /** When the last answer about a deployment came. */
  readonly #seenAt = new Map<string, number>();

  /**
   * Records a deployment's state if it has changed. An answer to a call that began, at `askedAt`, before the last
   * answer came is ignored: it is unknown which of the two states is newer.
   */
  saw({ id, status, phase, attempt }: Deployment, askedAt: number, now = performance.now()): void {
    if (askedAt < (this.#seenAt.get(id) ?? Number.NEGATIVE_INFINITY)) return;
    this.#seenAt.set(id, now);
    if (hasEnded(status)) this.#doing.delete(id);
    else this.#doing.set(id, phase ?? status);
    const before = this.sightings.get(id) ?? [];
    const last = before.at(-1);
    if (last?.status !== status || last.attempt !== attempt) {
      this.sightings.set(id, [...before, { status, attempt }]);
    }
  }
}
