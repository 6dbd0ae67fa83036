/** What the other shards of its pool call a pool's object for. */
import { DurableObject } from 'cloudflare:workers';
import type { BuildLimits } from '@appflux/protocol';
import type { Env } from '../../env.ts';
import type { Address } from '../../pools/layout.ts';
import type { Offer } from '../jobs.ts';
import type { ShardSpare } from './directory.ts';
import type { ShardLoad } from './grow.ts';
import type { GuestState } from './lending.ts';
import type { Bundle } from './moving.ts';
import type { Shard } from './shard.ts';
import type { SpareKind } from './spare.ts';

export abstract class ShardObject extends DurableObject<Env> {
  protected abstract readonly shard: Shard;

  /** Deployments are not to be built here any more; another shard has them, or they have ended. */
  forget(deploymentIds: readonly string[], at: Address): undefined {
    if (this.shard.isBehind(at)) return this.shard.moved;
    this.shard.forget(deploymentIds);
  }

  /** Jobs of another shard that are to be built here. */
  borrow(offers: readonly Offer[], at: Address): undefined {
    if (this.shard.isBehind(at)) return this.shard.moved;
    this.shard.borrow(offers);
  }

  /** How jobs stand that were borrowed, in their order. */
  guestStates(deploymentIds: readonly string[], at: Address): GuestState[] {
    if (this.shard.isBehind(at)) return this.shard.moved;
    return this.shard.guestStates(deploymentIds);
  }

  /** Gives back those of the borrowed jobs that wait. */
  recall(deploymentIds: readonly string[], at: Address): string[] {
    if (this.shard.isBehind(at)) return this.shard.moved;
    return this.shard.recall(deploymentIds);
  }

  /** Apps have moved here, with their jobs. */
  async take(bundle: Bundle, at: Address): Promise<void> {
    if (this.shard.isBehind(at)) return this.shard.moved;
    await this.shard.take(bundle);
  }

  /** Moves an App to the shard where it belongs now (shards/shard.ts). */
  handOver(appId: string, at: Address): Promise<boolean | null> {
    if (this.shard.isBehind(at)) return this.shard.moved;
    return this.shard.handOver(appId);
  }

  /** The slots that this shard has. */
  spare(at: Address): SpareKind[] {
    if (this.shard.isBehind(at)) return this.shard.moved;
    return this.shard.spare();
  }

  /** The slots that all shards have: asked of shard 0. */
  lenders(at: Address): Promise<ShardSpare[]> {
    if (this.shard.isBehind(at)) return this.shard.moved;
    return this.shard.lenders();
  }

  /** Replaces the team's limits for its builds. */
  abstract limit(limits: BuildLimits, at?: Address): undefined;

  /** What this shard has to do. It gets the team's limits by that. */
  shardLoad(limits: BuildLimits, at: Address): ShardLoad {
    if (this.shard.isBehind(at)) return this.shard.moved;
    this.limit(limits);
    return this.shard.load();
  }
}
