import { TeamPool } from '../dispatch/shards/team-pool.ts';
import type { Env } from '../env.ts';

/** The pool of a team's runners. */
export const poolOf = (env: Pick<Env, 'POOLS'>, ownerId: string): TeamPool => new TeamPool(env, ownerId);
