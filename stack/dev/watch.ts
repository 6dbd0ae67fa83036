/** Watches sources and handles changes one after the other. */
import { watch } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** An editor writes a file in several steps; changes closer together than this count as one. Milliseconds. */
const SETTLE_MS = 100;

/** Files that are no part of a program: tests, recordings, and files that editors write beside the one they save. */
const NOT_SOURCES = /\.test\.[a-z]+$|(?:^|\/)(?:node_modules|recorded|fixtures)\/|(?:~|\.sw[a-z])$/;

/** Whether a file, by its path in the watched folder, is part of a program. Pure. */
export const isSource = (path: string): boolean => !NOT_SOURCES.test(path);

export interface Watched {
  /** Absolute. Watched recursively. */
  readonly folders: readonly string[];
  /** Called after changes have settled, never while an earlier call is running. */
  readonly onChange: () => Promise<void>;
  /** Notified when `onChange` threw; watching goes on. */
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Watches until the signal aborts. */
export function watchSources({ folders, onChange, onError, signal }: Watched): void {
  let changed = false;
  let running = false;
  const react = async () => {
    running = true;
    while (changed && !signal.aborted) {
      changed = false;
      await sleep(SETTLE_MS);
      // More changes came meanwhile: wait until there are no further ones.
      if (changed) continue;
      await onChange().catch(onError);
    }
    running = false;
  };
  for (const folder of folders) {
    const watcher = watch(folder, { recursive: true, signal }, (_event, path) => {
      if (path !== null && !isSource(path)) return;
      changed = true;
      if (!running) void react();
    });
    watcher.on('error', onError);
  }
}
