/**
 * What a runner reports to the process that has started it, and that can start another version in its place. The two may
 * be of different versions: members and messages are only ever added, and what isn't known is skipped.
 */
import process from 'node:process';
import { z } from 'zod';
import { Version } from './version-record.ts';

/** Set for a runner that was started so. */
export const LAUNCHED_VARIABLE = 'APPFLUX_RUNNER_LAUNCHED';

export const RunnerReport = z.discriminatedUnion('type', [
  /** The connection to the pool is there, or lost. */
  z.object({ type: z.literal('pool'), connected: z.boolean() }),
  /** A version is complete in its folder. The runner ends after its last build, to be replaced by it. */
  z.object({ type: z.literal('ready'), ...Version.shape }),
  /** A version that must not be installed, although its checksum is right. */
  z.object({ type: z.literal('bad'), ...Version.shape, reason: z.string() }),
]);
export type RunnerReport = z.infer<typeof RunnerReport>;

/** The way to the process that has started this one. */
export interface Launcher {
  report(report: RunnerReport): void;
  /** To be called at the end: the channel would keep the process alive. */
  close(): void;
}

/** Null for a runner that was started by nobody who can replace it. `onGone` is called if that process has ended. */
export function launcherOf(env: NodeJS.ProcessEnv, onGone: () => void): Launcher | null {
  if (env[LAUNCHED_VARIABLE] === undefined || !process.connected) return null;
  let closed = false;
  process.on('disconnect', () => {
    if (!closed) onGone();
  });
  // Not what keeps the runner alive.
  process.channel?.unref();
  return {
    report: (report) => {
      // A channel that breaks meanwhile is reported by `disconnect`.
      if (process.connected) process.send?.(report, undefined, undefined, () => undefined);
    },
    close: () => {
      closed = true;
      if (process.connected) process.disconnect();
    },
  };
}
