/** What one shard may build of a team's limits. Pure. */
import type { BuildLimits } from '@appflux/protocol';
import type { Layout } from '../../pools/layout.ts';

/**
 * A limit is divided evenly, so that no shard has to ask another for each build. Each has one build at least, or its Apps
 * would never be built: with fewer builds allowed than there are shards, as many run as there are shards. A shard that is given
 * up gets none.
 */
export function shareOf(
  limits: BuildLimits,
  { shard, layout: { shards } }: { shard: number; layout: Pick<Layout, 'shards'> },
): BuildLimits {
  const part = (most: number) => {
    if (shard >= shards) return 0;
    return Math.max(1, Math.floor(most / shards) + Number(shard < most % shards));
  };
  return {
    builds: limits.builds === null ? null : part(limits.builds),
    labels: Object.fromEntries(Object.entries(limits.labels).map(([label, most]) => [label, part(most)])),
  };
}
