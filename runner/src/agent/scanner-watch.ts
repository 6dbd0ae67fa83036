/** Reports changes of the malware scanner's state: its signatures are updated while the runner runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunnerScanner } from '@appflux/protocol';

const LOOK_EVERY_MS = 60_000;

export interface ScannerWatch {
  readonly ask: () => Promise<RunnerScanner>;
  /** Receives the first state, and every one that differs from the one before. */
  readonly report: (scanner: RunnerScanner) => void;
  /** Receives errors; the watch continues. */
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
  readonly everyMs?: number;
}

/** Asks until the signal aborts. */
export async function watchScanner(watch: ScannerWatch): Promise<void> {
  const { signal, everyMs = LOOK_EVERY_MS } = watch;
  let reported = '';
  while (!signal.aborted) {
    try {
      const scanner = await watch.ask();
      const text = JSON.stringify(scanner);
      if (text !== reported && !signal.aborted) watch.report(scanner);
      reported = text;
    } catch (error) {
      watch.onError(error);
    }
    // An abort ends the wait, and with it the loop.
    await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
