/** Connects a running runner with the process that can replace it by another version. */
import type { Journal } from '../journal.ts';
import { ownPackage } from '../update/installed-package.ts';
import { type Launcher, launcherOf } from '../update/messages.ts';
import { Updater } from '../update/updater.ts';

export interface SelfUpdateOptions {
  readonly instance: URL;
  readonly state: string;
  /** Within how many milliseconds of a connection an update begins. */
  readonly withinMs: number;
  readonly env: NodeJS.ProcessEnv;
  readonly journal: Journal;
  readonly whenIdle: () => Promise<void>;
  /** Takes no new builds and ends after the running ones. */
  readonly onReady: () => void;
  /** The process that started this one has ended. */
  readonly onGone: () => void;
}

export interface SelfUpdate {
  /** The connection to the pool is established, or lost. */
  connected(connected: boolean): void;
  /** The instance may serve a version that works with it. */
  incompatible(): void;
  close(): void;
}

/** For a runner that nobody can replace, it does nothing. */
export async function openSelfUpdate(options: SelfUpdateOptions): Promise<SelfUpdate> {
  const launcher = launcherOf(options.env, options.onGone);
  if (launcher === null) {
    const nothing = () => undefined;
    return { connected: nothing, incompatible: nothing, close: nothing };
  }
  return updating(options, launcher, await ownPackage());
}

function updating(
  { instance, state, withinMs, journal, whenIdle, onReady }: SelfUpdateOptions,
  launcher: Launcher,
  { version, sha256 }: Awaited<ReturnType<typeof ownPackage>>,
): SelfUpdate {
  const stop = new AbortController();
  const updater = new Updater({
    instance,
    state,
    running: { version, sha256 },
    withinMs,
    journal,
    whenIdle,
    onReady: (ready) => {
      launcher.report({ type: 'ready', ...ready });
      onReady();
    },
    onBad: (bad, reason) => launcher.report({ type: 'bad', ...bad, reason }),
    signal: stop.signal,
  });
  return {
    connected: (connected) => {
      launcher.report({ type: 'pool', connected });
      if (connected) updater.connected();
    },
    incompatible: () => updater.incompatible(),
    close: () => {
      stop.abort();
      launcher.close();
    },
  };
}
