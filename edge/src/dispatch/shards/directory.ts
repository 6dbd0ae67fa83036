/** What shard 0 does for the whole pool: it decides over how many objects the pool is spread, and knows who has slots. */
import type { BuildLimits } from '@appflux/protocol';
import { journal } from '../../journal.ts';
import { type Layout, UNDIVIDED } from '../../pools/layout.ts';
import { nextLayout, type ShardLimits, type ShardLoad } from './grow.ts';
import type { Membership } from './membership.ts';
import type { Peers } from './peers.ts';
import type { SpareKind } from './spare.ts';

/** Shards are asked for their slots so often at most, in milliseconds, however many ask. */
const SPARE_MS = 1_000;

/** The load of a pool that was split is looked at so often, in milliseconds; more often while a change is carried out. */
const LOOK_MS = 30_000;
const CHANGING_MS = 3_000;

const CHANGED_KEY = 'layout changed at';

export interface ShardSpare {
  readonly shard: number;
  readonly kinds: readonly SpareKind[];
}

export interface DirectoryOptions {
  readonly kv: SyncKvStorage;
  readonly membership: Membership;
  readonly peers: Peers;
  readonly limits: () => ShardLimits;
  /** What this shard itself has to do and to spare. */
  readonly load: () => ShardLoad;
  readonly spare: () => SpareKind[];
  /** The limits of the team, which the other shards get from this one. */
  readonly teamLimits: () => BuildLimits;
  /** Whether no shard hands out jobs now. */
  readonly isHeld: () => Promise<boolean>;
  /** Has `tend` called at this time (Unix milliseconds) at the latest. */
  readonly tendBy: (time: number) => void;
}

export class Directory {
  readonly #options: DirectoryOptions;
  readonly #startedAt = Date.now();
  #spare: Promise<ShardSpare[]> | null = null;
  #spareAt = 0;
  #lookAt = 0;

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  /** What each shard has to spare, as of a second ago. One that does not answer has nothing. */
  lenders(): Promise<ShardSpare[]> {
    const now = Date.now();
    if (this.#spare === null || Math.abs(now - this.#spareAt) >= SPARE_MS) {
      this.#spareAt = now;
      this.#spare = this.#askSpare();
    }
    return this.#spare;
  }

  async #askSpare(): Promise<ShardSpare[]> {
    const { membership, peers, spare, isHeld } = this.#options;
    if (await isHeld()) return [];
    const asked = peers.all().filter((shard) => shard < membership.layout.shards);
    const others = asked.map((shard) =>
      this.#ask(shard, async () => ({
        shard,
        kinds: await peers.call(shard, (peer, at) => peer.spare(at)),
      })),
    );
    return [{ shard: 0, kinds: spare() }, ...(await Promise.all(others)).filter((one) => one !== null)];
  }

  /** Splits a pool that is one object, if it has grown too large. Costs no call. */
  consider(): void {
    const { membership, load, limits } = this.#options;
    if (membership.shard > 0 || membership.layout.reach > 1 || membership.ownerId === null) return;
    const { layout } = membership;
    const next = nextLayout(layout, [load()], limits(), 0);
    if (next !== null) this.#change(next);
  }

  /** Looks at the load of a pool that was split, and changes its layout if need be. Never throws. */
  async tend(): Promise<void> {
    const { membership, peers, load, limits, teamLimits, tendBy } = this.#options;
    if (membership.shard > 0 || !membership.isShared) return;
    const now = Date.now();
    // Never later than was meant, even if the clock was set back.
    if (now < this.#lookAt && this.#lookAt - now <= LOOK_MS) {
      tendBy(this.#lookAt);
      return;
    }
    this.#lookAt = now + LOOK_MS;
    // Asking them also brings those that have missed it the newest layout, and the limits of the team.
    const asked = peers
      .all()
      .map((shard) =>
        this.#ask(shard, () => peers.call(shard, (peer, at) => peer.shardLoad(teamLimits(), at))),
      );
    const others = await Promise.all(asked);
    const known = others.filter((other) => other !== null);
    const loads = [load(), ...known];
    const { reach, shards } = membership.layout;
    const isChanging = reach > shards || loads.some(({ isSettled }) => !isSettled);
    this.#lookAt = now + (isChanging ? CHANGING_MS : LOOK_MS);
    if (known.length === others.length) {
      const next = nextLayout(membership.layout, loads, limits(), this.#restedMs(now));
      if (next !== null) this.#change(next);
    }
    if (membership.isShared) tendBy(this.#lookAt);
  }

  /** The shortest of: since the last change, and since this object began to count events. */
  #restedMs(now: number): number {
    const changedAt = this.#options.kv.get<number>(CHANGED_KEY) ?? 0;
    return Math.min(Math.abs(now - changedAt), now - this.#startedAt);
  }

  #change(layout: Layout): void {
    const { kv, membership, tendBy } = this.#options;
    const { ownerId } = membership;
    if (ownerId === null) return;
    kv.put(CHANGED_KEY, Date.now());
    membership.follow({ ownerId, shard: 0, layout });
    journal.info(`the pool of ${ownerId} is spread over ${layout.shards} of ${layout.reach} objects`);
    // The others are asked for their load, and so follow.
    this.#lookAt = 0;
    if (layout.reach > UNDIVIDED.reach) tendBy(Date.now());
  }

  async #ask<Answer>(shard: number, call: () => Promise<Answer>): Promise<Answer | null> {
    try {
      return await call();
    } catch (error) {
      journal.error(`shard ${shard} did not answer`, error);
      return null;
    }
  }
}
