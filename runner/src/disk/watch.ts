/** Watches the disks that builds need, and says when the runner takes none for lack of space. */
import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunnerDisk } from '@appflux/protocol';
import { judgeDisks, type Space } from './room.ts';

const LOOK_EVERY_MS = 5_000;
/** The figures are sent again after this long even if nothing has changed. */
const REPORT_EVERY_MS = 10 * 60_000;

export interface DiskWatchOptions {
  /** Folders on the disks that builds need. Those that can't be looked at are left out. */
  readonly folders: readonly string[];
  /** The setting for what has to be free, in bytes. */
  readonly minFree: number | undefined;
  /** Makes room on these disks, by removing what can be recreated. */
  readonly makeRoom: () => Promise<void>;
  /** Receives errors; the watch continues. */
  readonly onError: (error: unknown) => void;
  readonly everyMs?: number;
}

export class DiskWatch {
  readonly #options: DiskWatchOptions;
  #low = false;
  #reported: { disk: RunnerDisk; at: number } | null = null;
  #looking: Promise<RunnerDisk | null> | null = null;
  #report: (disk: RunnerDisk) => void = () => undefined;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
  }

  /**
   * Looks now, after it has made room where that is needed, and reports what has changed. Gives null where no disk can be
   * looked at. Calls at the same time share one look.
   */
  look(): Promise<RunnerDisk | null> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /** Looks now and again until the signal aborts. `report` receives the first state, and each change of `low`. */
  async run(report: (disk: RunnerDisk) => void, signal: AbortSignal): Promise<void> {
    this.#report = report;
    while (!signal.aborted) {
      await this.look();
      // An abort ends the wait, and with it the loop.
      await sleep(this.#options.everyMs ?? LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(
        () => undefined,
      );
    }
  }

  async #look(): Promise<RunnerDisk | null> {
    try {
      let disk = await this.#judge();
      if (disk?.low) {
        await this.#options.makeRoom();
        disk = await this.#judge();
      }
      if (disk !== null) this.#tell(disk);
      return disk;
    } catch (error) {
      this.#options.onError(error);
      return null;
    }
  }

  async #judge(): Promise<RunnerDisk | null> {
    const spaces = await Promise.all(this.#options.folders.map(spaceOf));
    const known = spaces.filter((space) => space !== null);
    return known.length === 0 ? null : judgeDisks(known, this.#options.minFree, this.#low);
  }

  #tell(disk: RunnerDisk): void {
    const now = performance.now();
    const last = this.#reported;
    this.#low = disk.low;
    if (last !== null && last.disk.low === disk.low && now - last.at < REPORT_EVERY_MS) return;
    this.#reported = { disk, at: now };
    this.#report(disk);
  }
}

/**
 * Null for a folder that does not exist or may not be looked at: that of an engine of another host or user; and for a file
 * system that doesn't count its bytes, as many in user space.
 */
async function spaceOf(folder: string): Promise<Space | null> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return blocks === 0 ? null : { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR') return null;
    throw error;
  }
}
