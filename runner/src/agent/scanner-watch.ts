/** Tells what is new of the malware scanner: its signatures change while the runner runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunnerScanner } from '@appflux/protocol';

const LOOK_EVERY_MS = 60_000;

export interface ScannerWatch {
  readonly ask: () => Promise<RunnerScanner>;
  /** Told the first answer, and every one that differs from the one before. */
  readonly tell: (scanner: RunnerScanner) => void;
  /** Told when asking failed; it is asked again all the same. */
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
  readonly everyMs?: number;
}

/** Asks until the signal aborts. */
export async function watchScanner(watch: ScannerWatch): Promise<void> {
  const { signal, everyMs = LOOK_EVERY_MS } = watch;
  let told = '';
  while (!signal.aborted) {
    try {
      const scanner = await watch.ask();
      const text = JSON.stringify(scanner);
      if (text !== told && !signal.aborted) watch.tell(scanner);
      told = text;
    } catch (error) {
      watch.onError(error);
    }
    // An abort ends the wait, and with it the loop.
    await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
