/** What the pools of an instance have to build. */
import type { Env } from '../env.ts';
import type { Metadata } from '../metadata/metadata.ts';
import { poolOf } from '../pools/team-pool.ts';

/** Teams whose pools are asked: the platform limits how many objects a request may call. */
const MOST_POOLS = 500;

/** Pools that are asked at the same time. */
const AT_ONCE = 20;

export interface Load {
  running: number;
  queued: number;
}

/** How many builds run and wait, of the first 500 teams. */
export async function loadOf(env: Env, metadata: Metadata): Promise<Load> {
  const teams = await metadata.metrics.teams(MOST_POOLS);
  const load: Load = { running: 0, queued: 0 };
  for (let from = 0; from < teams.length; from += AT_ONCE) {
    const some = teams.slice(from, from + AT_ONCE);
    for (const { running, queued } of await Promise.all(some.map((team) => poolOf(env, team).load()))) {
      load.running += running;
      load.queued += queued;
    }
  }
  return load;
}
