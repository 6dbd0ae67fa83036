/** Reports changes of something that changes while the runner runs, such as the signatures of its malware scanner. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Watch<Facts> {
  readonly ask: () => Promise<Facts>;
  /** Receives the first state, and every one that differs from the one before. */
  readonly report: (facts: Facts) => void;
  /** Receives errors; the watch continues. */
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
  readonly everyMs: number;
}

/** Asks until the signal aborts. */
export async function watchFor<Facts>({
  ask,
  report,
  onError,
  signal,
  everyMs,
}: Watch<Facts>): Promise<void> {
  let reported = '';
  while (!signal.aborted) {
    try {
      const facts = await ask();
      const text = JSON.stringify(facts);
      if (text !== reported && !signal.aborted) report(facts);
      reported = text;
    } catch (error) {
      onError(error);
    }
    // An abort ends the wait, and with it the loop.
    await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
