/** Keeps a child running: starts it again when it ends by itself, ever later the more often that happens. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ending } from './child.ts';
import { messageOf } from './problem.ts';

/** What is kept running. */
export interface Supervisable {
  readonly ended: Promise<Ending>;
  stop(graceMs: number): Promise<Ending>;
}

export interface Supervision {
  /** What runs right now; null between an end and the next start. */
  current(): Supervisable | null;
  /** Ends it for good. */
  stop(graceMs: number): Promise<void>;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;

/** A child that ran this long was well; the count of its failures begins anew. */
const WELL_AFTER_MS = 60_000;

/** How long to wait before the next start, after so many ends in a row (1 or more): doubling, up to half a minute. */
export function restartDelay(ends: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** (ends - 1), LONGEST_DELAY_MS);
}

/**
 * Keeps what `start` starts running, beginning with `first`. `start` gives null when it is not to run any more. What
 * happens is said through `say`. `now` is in milliseconds, of a clock that only goes forward.
 */
export function supervise(options: {
  name: string;
  first: Supervisable;
  start: () => Promise<Supervisable | null>;
  say: (text: string) => void;
  delay?: (ends: number) => number;
  now?: () => number;
}): Supervision {
  const { name, start, say, delay = restartDelay, now = () => performance.now() } = options;
  const stopping = new AbortController();
  let current: Supervisable | null = options.first;

  const loop = async () => {
    let ends = 0;
    while (current !== null && !stopping.signal.aborted) {
      const startedAt = now();
      const ending = await current.ended;
      if (stopping.signal.aborted) return;
      current = null;
      ends = now() - startedAt >= WELL_AFTER_MS ? 1 : ends + 1;
      let reason = `${name} ended (${ending})`;
      while (current === null && !stopping.signal.aborted) {
        const wait = delay(ends);
        say(`${reason}; starting it again in ${wait / 1000} s`);
        await sleep(wait, undefined, { signal: stopping.signal }).catch(() => {
          // Aborted: the loop's condition ends it.
        });
        if (stopping.signal.aborted) return;
        try {
          current = await start();
          if (current === null) return;
          say(`${name} runs again`);
        } catch (error) {
          ends += 1;
          reason = `${name} does not start (${messageOf(error)})`;
        }
      }
    }
  };
  const ended = loop();

  return {
    current: () => current,
    async stop(graceMs) {
      stopping.abort();
      await current?.stop(graceMs);
      await ended;
      // A start that was under way has come to its end by now.
      await current?.stop(graceMs);
    },
  };
}
