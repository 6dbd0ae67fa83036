/** Decides when gathered lines go out as a batch. */
import type { LogLimits } from './log-limits.ts';

type Pace = Pick<LogLimits, 'batchMs' | 'watchedMs'>;

/**
 * How long the first line of a batch waits for others, in milliseconds; 0 for no longer than the present turn of the
 * event loop. `sinceLastMs` is the time since the batch before.
 */
export const batchWait = (isWatched: boolean, sinceLastMs: number, { batchMs, watchedMs }: Pace): number =>
  isWatched ? Math.max(0, watchedMs - sinceLastMs) : batchMs;

export class BatchTimer {
  readonly #pace: Pace;
  readonly #onDue: () => void;
  /** When the last batch went out, by the monotonic clock, in milliseconds. */
  #lastAt = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;
  /** Whether anyone waits for the lines. It counts for the batches that begin from now on. */
  isWatched = false;

  /** @param onDue sends the batch out, and calls `sent` */
  constructor(pace: Pace, onDue: () => void) {
    this.#pace = pace;
    this.#onDue = onDue;
  }

  /** A line was gathered: the batch is due once the wait of its first line is over. */
  gathered() {
    if (this.#cancel !== undefined) return;
    const wait = batchWait(this.isWatched, performance.now() - this.#lastAt, this.#pace);
    if (wait === 0) {
      // What is read in one turn shares a batch.
      const turn = setImmediate(this.#onDue);
      this.#cancel = () => clearImmediate(turn);
    } else {
      const timer = setTimeout(this.#onDue, wait);
      this.#cancel = () => clearTimeout(timer);
    }
  }

  /** The batch has gone out. */
  sent() {
    this.stop();
    this.#lastAt = performance.now();
  }

  stop() {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
