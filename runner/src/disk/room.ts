/** Whether a host has enough disk space for builds. Pure. */
import type { RunnerDisk } from '@appflux/protocol';

const GIB = 1024 ** 3;

/** The share of a disk that has to be free for another build unless a setting says otherwise, and its bounds in bytes. */
const SHARE = 0.05;
const AT_LEAST = 2 * GIB;
const AT_MOST = 10 * GIB;

/** How much more has to be free before builds are taken again, so that a runner does not change its mind all the time. */
const AGAIN_ABOVE = 1.1;

/** Space of a file system, in bytes. */
export interface Space {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** How much of a disk has to be free for another build: the setting, else 5 % of it, at least 2 and at most 10 GiB. */
export const minFreeOf = (totalBytes: number, setting: number | undefined): number =>
  setting ?? Math.round(Math.min(AT_MOST, Math.max(AT_LEAST, totalBytes * SHARE)));

/** How much caches leave free: enough that builds are taken again once they have made room. */
export const cachesLeave = (minFreeBytes: number, keepFree: number): number =>
  Math.max(2 * keepFree, Math.round(minFreeBytes * AGAIN_ABOVE));

/**
 * What is reported of several disks: the one with the least to spare.
 * @param spaces at least one
 * @param wasLow whether the runner takes no builds for lack of space already
 */
export function judgeDisks(
  spaces: readonly Space[],
  setting: number | undefined,
  wasLow: boolean,
): RunnerDisk {
  const disks = spaces.map((space) => {
    const minFreeBytes = minFreeOf(space.totalBytes, setting);
    return {
      ...space,
      minFreeBytes,
      spare: space.freeBytes - Math.round(minFreeBytes * (wasLow ? AGAIN_ABOVE : 1)),
    };
  });
  const tightest = disks.toSorted((a, b) => a.spare - b.spare)[0];
  if (tightest === undefined) throw new RangeError('no disk to judge');
  const { spare, ...disk } = tightest;
  return { ...disk, low: spare < 0 };
}
