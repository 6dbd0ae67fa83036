/** The other shards of a pool, as one of them calls them. */
import type { Env } from '../../env.ts';
import type { Address } from '../../pools/layout.ts';
import { layoutIn } from '../../pools/moved.ts';
import { type ShardStub, shardStub } from '../../pools/shard-stub.ts';
import type { Membership } from './membership.ts';

export class Peers {
  readonly #env: () => Pick<Env, 'POOLS'>;
  readonly #membership: Membership;

  constructor(env: () => Pick<Env, 'POOLS'>, membership: Membership) {
    this.#env = env;
    this.#membership = membership;
  }

  /** The numbers of the other shards that may hold something. */
  all(): number[] {
    const { layout, shard } = this.#membership;
    return Array.from({ length: layout.reach }, (_, number) => number).filter((number) => number !== shard);
  }

  /** Calls a shard. Throws if it is not reached, or knows a newer layout: that is followed, and what is due done again. */
  async call<Answer>(
    shard: number,
    call: (peer: ShardStub, at: Address) => Promise<Answer>,
  ): Promise<Answer> {
    const { ownerId, layout, shard: own } = this.#membership;
    if (ownerId === null) throw new Error('a pool that was never split has no other shards');
    const at = { ownerId, shard, layout };
    const answer = await call(shardStub(this.#env(), at), at);
    const movedTo = layoutIn(answer);
    if (movedTo === null) return answer;
    this.#membership.follow({ ownerId, shard: own, layout: movedTo });
    throw new Error(`the pool of ${ownerId} has just got another layout`);
  }
}
