/** The slots that the shards of a pool have to spare, by kinds of runners, and which of them to give jobs to. Pure. */
import type { ExecutorKind } from '@appflux/protocol';
import { suits } from '../online-runner.ts';
import type { Roster } from '../roster.ts';
import type { Demand } from '../waiting-job.ts';

/** The runners of one kind that a shard has. */
export interface SpareKind {
  readonly labels: readonly string[];
  readonly executor: ExecutorKind;
  /** Slots of those that take builds, and how many of these are free. */
  readonly slots: number;
  readonly free: number;
}

/** What a shard can build. */
export function spareOf(roster: Roster): SpareKind[] {
  return [...roster.kinds()].flatMap(({ labels, executor, slots, taking, free }) => {
    const freeSlots = [...free].reduce((sum, seat) => sum + seat.free, 0);
    return taking === 0 ? [] : [{ labels, executor, slots, free: freeSlots }];
  });
}

interface Place {
  readonly shard: number;
  readonly kind: SpareKind;
  free: number;
  /** How many more jobs may wait there for a slot. */
  queue: number;
}

/** What shards have to spare, less what is given away by it. */
export class Spare {
  readonly #places: Place[];

  /** By shard: what it has, and how many jobs wait there already that others gave it. */
  constructor(shards: Iterable<{ shard: number; kinds: readonly SpareKind[]; waiting: number }>) {
    this.#places = [...shards].flatMap(({ shard, kinds, waiting }) =>
      kinds.map((kind) => ({
        shard,
        kind,
        free: Math.max(0, kind.free - waiting),
        queue: Math.max(0, kind.slots - waiting),
      })),
    );
  }

  /** Whether a job can be given away: to a free slot, or, if `mayWait`, to where it waits for one. */
  has(demand: Demand, mayWait: boolean): boolean {
    return this.#best(demand, mayWait) !== undefined;
  }

  /** The shard that a job is given to; null if there is none. */
  take(demand: Demand, mayWait: boolean): number | null {
    const place = this.#best(demand, mayWait);
    if (place === undefined) return null;
    if (place.free > 0) place.free -= 1;
    place.queue -= 1;
    return place.shard;
  }

  /** The one with the most free slots, else with the shortest queue for its slots. */
  #best(demand: Demand, mayWait: boolean): Place | undefined {
    let best: Place | undefined;
    for (const place of this.#places) {
      if (place.free <= 0 && !(mayWait && place.queue > 0)) continue;
      if (!suits(place.kind, demand)) continue;
      if (
        best === undefined ||
        place.free > best.free ||
        (place.free === best.free && place.queue > best.queue)
      )
        best = place;
    }
    return best;
  }
}
