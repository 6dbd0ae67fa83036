/** Keeps a child running: restarts it when it ends, after longer waits the more often that happens. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ending } from './child.ts';
import { messageOf } from './problem.ts';

/** A supervised child. */
export interface Supervisable {
  readonly ended: Promise<Ending>;
  stop(graceMs: number): Promise<Ending>;
}

export interface Supervision {
  /** What runs right now; null between an end and the next start. */
  current(): Supervisable | null;
  /** Ends it permanently. */
  stop(graceMs: number): Promise<void>;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;

/** A child that ran this long was healthy; its failures are counted from zero again. Milliseconds. */
const WELL_AFTER_MS = 60_000;

/** The wait before the next start after so many consecutive ends (1 or more): doubling, up to half a minute. */
export function restartDelay(ends: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** (ends - 1), LONGEST_DELAY_MS);
}

/**
 * Keeps what `start` starts running, beginning with `first`. `start` returns null if it must not run any more. Events
 * are reported through `say`. `now` is a monotonic clock in milliseconds.
 */
export function supervise(options: {
  name: string;
  first: Supervisable;
  start: () => Promise<Supervisable | null>;
  say: (text: string, level?: 'info' | 'warn') => void;
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
        say(`${reason}; restarting in ${wait / 1000} s`, 'warn');
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
          reason = `${name} failed to start (${messageOf(error)})`;
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
      // A start in progress has ended by now.
      await current?.stop(graceMs);
    },
  };
}
