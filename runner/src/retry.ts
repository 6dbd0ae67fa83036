/** Repeats an operation over the network while another try may help. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface RetryPolicy<T> {
  /** Whether another try may help, by the outcome of the last one. */
  readonly isTransient: (outcome: T) => boolean;
  /** The wait after so many tries (1 after the first), in milliseconds; undefined when no try is left. */
  readonly pauseAfter: (tries: number) => number | undefined;
  /** Called before each wait. */
  readonly onRetry?: (outcome: T, tries: number) => void;
  /** Ends a wait. */
  readonly signal: AbortSignal;
}

/**
 * Runs `once` until its outcome is not transient or no try is left.
 * @param once receives the number of the try, 1 for the first
 * @returns the last outcome
 * @throws what `once` throws; the reason of the signal if it aborts during a wait
 */
export async function retry<T>(
  once: (tries: number) => Promise<T>,
  { isTransient, pauseAfter, onRetry, signal }: RetryPolicy<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const outcome = await once(tries);
    const pause = isTransient(outcome) ? pauseAfter(tries) : undefined;
    if (pause === undefined) return outcome;
    onRetry?.(outcome, tries);
    // Rejects only when the signal aborts; then its own reason is thrown.
    await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
