/** Sums of a batch of downloads, so that each count is written once and knows the batch by one id. */
import type { DownloadCount } from './analytics.ts';

/** By App and day. */
export const ofApps = (counts: readonly DownloadCount[]): DownloadCount[] =>
  summed(counts, ({ appId, day }) => `${day}:${appId}`);

/** By deployment and artifact, over all days. */
export const ofArtifacts = (counts: readonly DownloadCount[]): DownloadCount[] =>
  summed(counts, ({ deploymentId, artifact }) => `${deploymentId}:${artifact}`);

function summed(counts: readonly DownloadCount[], keyOf: (count: DownloadCount) => string): DownloadCount[] {
  const sums = new Map<string, DownloadCount>();
  for (const count of counts) {
    const key = keyOf(count);
    sums.set(key, { ...count, count: count.count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums.values()];
}
