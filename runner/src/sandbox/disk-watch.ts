/** Watches how much disk a build takes. */
import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { humanSize } from '../job/prepare/printable.ts';
import { JobFailure } from '../job/step.ts';

export interface DiskWatchOptions {
  /** The folder that the build writes to. */
  readonly path: string;
  readonly limitBytes: number;
  /** What has to stay free on the file system, for the host. */
  readonly keepFreeBytes: number;
  readonly signal: AbortSignal;
  /** Told when a look failed; the watch goes on. */
  readonly onError: (error: unknown) => void;
}

export interface DiskLook {
  readonly free: number;
  readonly used: number | null;
}

const LOOK_EVERY_MS = 1000;
const MEASURE_EVERY_MS = 10_000;
/** Measuring a large tree takes its time; it never takes more than this share of it. */
const MEASURE_SHARE = 0.1;
/** Space that went since the last measurement, after which it is not waited for the next. */
const SUDDEN_BYTES = 256 * 1024 ** 2;

/** What a look means: null, or why the build has to end. Pure. */
export function diskVerdict(look: DiskLook, limitBytes: number, keepFreeBytes: number): JobFailure | null {
  if (look.used !== null && look.used > limitBytes) {
    return new JobFailure(
      'disk_full',
      `The build wrote ${humanSize(look.used)}; its limit is ${humanSize(limitBytes)}`,
    );
  }
  if (look.free < keepFreeBytes) {
    return new JobFailure('disk_full', `The runner's disk has only ${humanSize(look.free)} left`, {
      hint: 'Ask the owner of the runner to make room on its disk, then redeploy.',
    });
  }
  return null;
}

/**
 * Looks at the disk until the signal aborts or the build has to end; gives the reason for the latter. The file
 * system's free space is asked every second, which costs nothing; the tree is measured every ten seconds, or at
 * once when space goes fast. A build can pass its limit by what it writes in between.
 */
export async function watchDisk(options: DiskWatchOptions): Promise<JobFailure | null> {
  let measuredAt = Number.NEGATIVE_INFINITY;
  let tookMs = 0;
  let freeThen = Number.POSITIVE_INFINITY;
  while (!options.signal.aborted) {
    try {
      const { bavail, bsize } = await statfs(options.path);
      const free = bavail * bsize;
      const pause = Math.max(MEASURE_EVERY_MS, tookMs / MEASURE_SHARE);
      const due = performance.now() - measuredAt >= pause || freeThen - free >= SUDDEN_BYTES;
      let used: number | null = null;
      if (due) {
        const startedAt = performance.now();
        used = await diskUsage(options.path, options.signal);
        measuredAt = performance.now();
        tookMs = measuredAt - startedAt;
        freeThen = free;
      }
      const failure = diskVerdict({ free, used }, options.limitBytes, options.keepFreeBytes);
      if (failure !== null) return failure;
      await sleep(LOOK_EVERY_MS, undefined, { signal: options.signal });
    } catch (error) {
      if (options.signal.aborted) return null;
      options.onError(error);
      await sleep(LOOK_EVERY_MS, undefined, { signal: options.signal }).catch(() => undefined);
    }
  }
  return null;
}

/**
 * Bytes that a tree takes on disk, hard links counted once (`du`, coreutils). Files that come and go meanwhile
 * make it complain, but not fail. Null when it was stopped.
 */
export async function diskUsage(path: string, signal: AbortSignal): Promise<number | null> {
  const { stdout } = await execa('nice', ['-n', '19', 'du', '-s', '-x', '--block-size=1', '--', path], {
    reject: false,
    cancelSignal: signal,
    env: { LC_ALL: 'C' },
  });
  const bytes = Number.parseInt(stdout, 10);
  return Number.isNaN(bytes) ? null : bytes;
}
