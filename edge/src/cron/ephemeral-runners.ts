/** Ephemeral runners that ended without removing their registration: their machine was switched off, or lost its network. */
import type { Env } from '../env.ts';
import type { Metadata, RunnerRecord } from '../metadata/metadata.ts';
import { poolOf } from '../pools/team-pool.ts';

/** How long an ephemeral runner may be away. Longer than a machine takes to start, and than an instance is usually down. */
const AWAY_MS = 3600_000;

/** How many one run of the cron looks at. */
const MOST = 500;

/** Removes those that have been away for too long. One that is connected is noted as seen. */
export async function removeLostRunners(env: Env, metadata: Metadata, now: number): Promise<void> {
  const unseen = await metadata.runners.ephemeralUnseen(new Date(now - AWAY_MS).toISOString(), MOST);
  for (const [ownerId, runners] of byOwner(unseen)) {
    const pool = poolOf(env, ownerId);
    const online = new Set((await pool.online()).map(({ id }) => id));
    for (const { id } of runners) {
      if (online.has(id)) await metadata.runners.update(id, { lastSeenAt: new Date(now).toISOString() });
      else {
        await metadata.runners.delete(id);
        await pool.revoke(id);
      }
    }
  }
}

const byOwner = (runners: readonly RunnerRecord[]): Map<string, RunnerRecord[]> =>
  Map.groupBy(runners, ({ ownerId }) => ownerId);
