/** What a shard knows of the pool that it is a part of. It is stored once the pool is split; others store nothing. */
import { type Address, homeOf, type Layout, UNDIVIDED } from '../../pools/layout.ts';
import { movedTo } from '../../pools/moved.ts';

const ADDRESS_KEY = 'address';

export class Membership {
  readonly #kv: SyncKvStorage;
  readonly #changed: () => void;
  /** Undefined until it was read; null in a pool that was never split. */
  #address: Address | null | undefined;
  /** As the last caller named it. */
  #ownerId: string | null = null;

  /** `changed` is called when another layout counts from now on. */
  constructor(kv: SyncKvStorage, changed: () => void) {
    this.#kv = kv;
    this.#changed = changed;
  }

  /** Where this shard is in its pool; null in a pool that was never split. */
  get address(): Address | null {
    if (this.#address === undefined) this.#address = this.#kv.get<Address>(ADDRESS_KEY) ?? null;
    return this.#address;
  }

  get layout(): Layout {
    return this.address?.layout ?? UNDIVIDED;
  }

  get shard(): number {
    return this.address?.shard ?? 0;
  }

  /** The team; null until somebody has called a pool that was never split. */
  get ownerId(): string | null {
    return this.address?.ownerId ?? this.#ownerId;
  }

  /** Whether there are other shards. */
  get isShared(): boolean {
    return this.address !== null && (this.layout.reach > 1 || this.shard > 0);
  }

  /** Whether an App or a runner belongs here. */
  isHome(key: string): boolean {
    return homeOf(key, this.layout.shards) === this.shard;
  }

  /**
   * Follows the layout by which a call has chosen this shard, if it is newer. False for an older one: the caller has to
   * repeat the call by the layout that counts here. A call without an address means this very object.
   */
  follow(at: Address | undefined): boolean {
    if (at === undefined) return true;
    this.#ownerId = at.ownerId;
    const { generation } = this.layout;
    if (at.layout.generation < generation) return false;
    if (at.layout.generation > generation) {
      this.#kv.put(ADDRESS_KEY, at);
      this.#address = at;
      this.#changed();
    }
    return true;
  }

  /**
   * What a method then answers, whatever else it gives. Only who gives an address gets it: team-pool.ts and peers.ts, which
   * check for it.
   */
  get moved(): never {
    return movedTo(this.layout) as never;
  }
}
