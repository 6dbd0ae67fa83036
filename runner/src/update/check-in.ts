/** Whether a runner that was started has proved that it works: it has to reach its pool, and stay there. */

export interface CheckInTiming {
  /** From its start to the proof at most, in milliseconds. */
  readonly withinMs: number;
  /** For so long it has to stay connected: one whose first frames the instance refuses is cut off earlier. Milliseconds. */
  readonly stayMs: number;
}

export const CHECK_IN_TIMING: CheckInTiming = { withinMs: 180_000, stayMs: 15_000 };

export type Proof = 'works' | 'late' | 'ended';

export class CheckIn {
  /** Resolves once: it works, its time was over first, or its process has ended first. */
  readonly decided: Promise<Proof>;
  readonly #stayMs: number;
  readonly #decide: (proof: Proof) => void;
  readonly #limit: NodeJS.Timeout;
  #stay: NodeJS.Timeout | undefined;

  constructor({ withinMs, stayMs }: CheckInTiming) {
    const { promise, resolve } = Promise.withResolvers<Proof>();
    this.decided = promise;
    this.#stayMs = stayMs;
    this.#decide = (proof) => {
      clearTimeout(this.#stay);
      clearTimeout(this.#limit);
      resolve(proof);
    };
    this.#limit = setTimeout(() => this.#decide('late'), withinMs);
  }

  /** The connection to the pool is there, or lost. */
  pool(connected: boolean): void {
    if (!connected) {
      clearTimeout(this.#stay);
      this.#stay = undefined;
    } else this.#stay ??= setTimeout(() => this.#decide('works'), this.#stayMs);
  }

  /** The process has ended. */
  ended(): void {
    this.#decide('ended');
  }
}
