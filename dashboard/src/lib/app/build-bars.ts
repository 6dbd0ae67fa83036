/** The bars of a chart of an app's last builds. Pure. */
import type { RecentBuild } from '@appflux/protocol';
import { formatDuration } from '#lib/format/duration.ts';
import { plural } from '#lib/format/number.ts';

export interface Bar {
  id: string;
  failed: boolean;
  /** From 0 to 1, of the longest build. */
  height: number;
}

/** A build of no length is still seen. */
const LEAST_HEIGHT = 0.12;

/** One bar per build, the oldest first. Takes builds that are ordered newest first. */
export function buildBars(builds: readonly RecentBuild[]): Bar[] {
  const longest = Math.max(...builds.map(({ durationSeconds }) => durationSeconds ?? 0), 1);
  return builds.toReversed().map(({ id, status, durationSeconds }) => ({
    id,
    failed: status === 'failed',
    height: Math.max((durationSeconds ?? 0) / longest, LEAST_HEIGHT),
  }));
}

/** What the chart says, in words: how many builds failed, and how long the successful ones took. */
export function buildSummary(builds: readonly RecentBuild[]): string {
  const failed = builds.filter(({ status }) => status === 'failed').length;
  const counts = `${plural(builds.length, ['# build', '# builds'])}, ${failed} failed`;
  const median = medianSeconds(builds);
  return median === null ? counts : `${counts}, median ${formatDuration(median)}`;
}

/** The median duration of the builds that succeeded, in seconds; null if none did. */
export function medianSeconds(builds: readonly RecentBuild[]): number | null {
  const seconds = builds
    .flatMap(({ status, durationSeconds }) =>
      status === 'success' && durationSeconds !== null ? [durationSeconds] : [],
    )
    .sort((one, other) => one - other);
  const middle = seconds.length >> 1;
  const upper = seconds[middle];
  if (upper === undefined) return null;
  return seconds.length % 2 === 1 ? upper : ((seconds[middle - 1] ?? upper) + upper) / 2;
}
