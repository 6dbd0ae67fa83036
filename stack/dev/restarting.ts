/** A child that is restarted when its sources change or when it ends by itself. */
import type { Supervisable, Supervision } from '../supervise.ts';
import { supervise } from '../supervise.ts';

export interface Restarting {
  /** Ends the child and starts it again. Throws if the start throws; then nothing runs until the next restart. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Runs what `start` starts. `graceMs` is how long it may take to end, in milliseconds.
 * @throws what the first start throws
 */
export async function keepRestarting(options: {
  name: string;
  start: () => Promise<Supervisable>;
  say: (text: string) => void;
  graceMs: number;
}): Promise<Restarting> {
  const { name, start, say, graceMs } = options;
  const begin = async () => supervise({ name, first: await start(), start, say });
  let running: Supervision | null = await begin();
  const stop = async () => {
    await running?.stop(graceMs);
    running = null;
  };
  return {
    restart: async () => {
      await stop();
      running = await begin();
    },
    stop,
  };
}
