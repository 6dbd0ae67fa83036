/** Watches the disk usage of a build. */

import { stat, statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatBytes } from '@appflux/protocol';
import { execa } from 'execa';
import { own, say } from '../masking/sentence.ts';
import { JobFailure } from '../step-context.ts';
import { attemptCacheFolder } from './attempt-cache-folder.ts';
import type { AttemptFolder } from './attempt-folder.ts';
import { usedBytes } from './disk/file-system.ts';

export interface DiskWatchOptions {
  /** Where the build writes. */
  readonly folder: AttemptFolder;
  readonly limitBytes: number;
  /** What has to stay free on the host's file system. */
  readonly keepFreeBytes: number;
  readonly signal: AbortSignal;
  /** Receives errors of measuring; the watch continues. */
  readonly onError: (error: unknown) => void;
}

export interface DiskLook {
  /** Bytes that are free on the host's file system. */
  readonly free: number;
  /** Bytes that the attempt takes; null when they were not measured. */
  readonly used: number | null;
  /** The file system of the build's own has no room left. */
  readonly full: boolean;
}

const LOOK_EVERY_MS = 1000;
const MEASURE_EVERY_MS = 10_000;
/** Measuring a large tree takes its time; it never takes more than this share of it. */
const MEASURE_SHARE = 0.1;
/** Space that went since the last measurement, after which it is not waited for the next. */
const SUDDEN_BYTES = 256 * 1024 ** 2;
/** What is left of a file system that nothing of use can be written to any more. */
const FULL_BELOW_BYTES = 1024 ** 2;

/** The verdict on a measurement: null, or why the build must end. Pure. */
export function diskVerdict(look: DiskLook, limitBytes: number, keepFreeBytes: number): JobFailure | null {
  if (look.full) {
    return new JobFailure(
      'disk_full',
      say`The build filled its disk. Its limit is ${own(formatBytes(limitBytes))}`,
      { ofMachine: false },
    );
  }
  if (look.used !== null && look.used > limitBytes) {
    return new JobFailure(
      'disk_full',
      say`The build wrote ${own(formatBytes(look.used))}. Its limit is ${own(formatBytes(limitBytes))}`,
      { ofMachine: false },
    );
  }
  if (look.free < keepFreeBytes) {
    return new JobFailure('disk_full', say`The runner’s disk has only ${own(formatBytes(look.free))} left`, {
      hint: own('Ask the owner of the runner to free disk space, then redeploy.'),
      ofMachine: true,
    });
  }
  return null;
}

/** A file system of an attempt's own. */
export interface OwnFileSystem {
  /** Where it is mounted. */
  readonly at: string;
  /** The file that holds it. */
  readonly image: string;
}

/** Those that an attempt has: of the source tree (attempt-folder.ts) and of installed packages (cache/attempt-cache.ts). */
export async function ownFileSystems({
  top,
  workspace,
  image,
}: AttemptFolder): Promise<readonly OwnFileSystem[]> {
  const { packages } = attemptCacheFolder(top);
  const host = await deviceOf(top);
  const possible = [{ at: workspace.source, image }, packages];
  const devices = await Promise.all(possible.map(({ at }) => deviceOf(at)));
  return possible.filter((_, index) => devices[index] !== null && devices[index] !== host);
}

/** The device that a path lies on; null if it is not there. */
async function deviceOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ dev }) => dev,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    },
  );
}

/** Whether a file system of an attempt's own has neither blocks nor inodes left; false where it has none. */
export async function ownFileSystemFull(folder: AttemptFolder): Promise<boolean> {
  return isAnyFull(await ownFileSystems(folder));
}

async function isAnyFull(own: readonly OwnFileSystem[]): Promise<boolean> {
  const rooms = await Promise.all(own.map(({ at }) => statfs(at)));
  return rooms.some(({ bavail, bsize, ffree }) => bavail * bsize < FULL_BELOW_BYTES || ffree === 0);
}

/**
 * Looks at the disk until the signal aborts or the build has to end; gives the reason for the latter. Free space is
 * asked for every second, which costs nothing; what the attempt takes is measured after ten seconds and every ten, or
 * immediately when space goes fast. A build can pass its limit by what it writes in between, but not where it has a file
 * system of its own.
 */
export async function watchDisk(options: DiskWatchOptions): Promise<JobFailure | null> {
  const { folder } = options;
  const own = await ownFileSystems(folder);
  let measuredAt = performance.now();
  let tookMs = 0;
  let freeThen: number | null = null;
  while (!options.signal.aborted) {
    try {
      const { bavail, bsize } = await statfs(folder.top);
      const free = bavail * bsize;
      freeThen ??= free;
      const pause = Math.max(MEASURE_EVERY_MS, tookMs / MEASURE_SHARE);
      const due = performance.now() - measuredAt >= pause || freeThen - free >= SUDDEN_BYTES;
      let used: number | null = null;
      if (due) {
        const startedAt = performance.now();
        used = await attemptUsage(folder, own, options.signal);
        measuredAt = performance.now();
        tookMs = measuredAt - startedAt;
        freeThen = free;
      }
      const look = { free, used, full: await isAnyFull(own) };
      const failure = diskVerdict(look, options.limitBytes, options.keepFreeBytes);
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
 * Does a piece of work while the disk is watched; its signal aborts when `signal` does, or with the failure when the disk
 * is full.
 */
export async function whileDiskLasts<T>(
  options: Omit<DiskWatchOptions, 'signal'>,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const full = new AbortController();
  const over = new AbortController();
  const watching = watchDisk({ ...options, signal: over.signal }).then((failure) => {
    if (failure !== null) full.abort(failure);
  });
  try {
    return await work(AbortSignal.any([signal, full.signal]));
  } finally {
    over.abort();
    await watching;
  }
}

/**
 * Bytes that an attempt takes. A file system of its own knows how much is in it; its file is no measure of that, since
 * it does not shrink when something is deleted. Null when measuring was stopped.
 */
async function attemptUsage(
  folder: AttemptFolder,
  own: readonly OwnFileSystem[],
  signal: AbortSignal,
): Promise<number | null> {
  const files = own.map(({ image }) => image);
  const rest = await diskUsage(folder.top, signal, files);
  const used = await Promise.all(own.map(({ at }) => usedBytes(at)));
  return rest === null ? null : used.reduce((sum, bytes) => sum + bytes, rest);
}

/** Options that make `du` count disk usage, and the bytes per unit of its output. Only GNU's supports bytes. */
const IN_BLOCKS =
  process.platform === 'linux' ? { options: ['--block-size=1'], bytes: 1 } : { options: ['-k'], bytes: 1024 };

/**
 * Bytes that a tree takes on disk, hard links counted once, other file systems not at all (`du`). Files that
 * come and go meanwhile make it complain, but not fail. Null when it was stopped.
 */
export async function diskUsage(
  path: string,
  signal: AbortSignal,
  except: readonly string[] = [],
): Promise<number | null> {
  // `except` is only asked for where a build has a file system of its own, which is on Linux.
  const options = ['-s', '-x', ...IN_BLOCKS.options, ...except.map((each) => `--exclude=${each}`)];
  const { stdout } = await execa('nice', ['-n', '19', 'du', ...options, '--', path], {
    reject: false,
    cancelSignal: signal,
    env: { LC_ALL: 'C' },
  });
  const bytes = Number.parseInt(stdout, 10);
  return Number.isNaN(bytes) ? null : bytes * IN_BLOCKS.bytes;
}
