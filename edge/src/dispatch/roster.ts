/**
 * The runners that are online, with their free slots, by kind: runners with the same labels that build the same way. In
 * memory: runner-sockets.ts keeps it equal to the connections.
 */
import type { ExecutorKind } from '@appflux/protocol';
import { type OnlineRunner, suits, takesBuilds } from './online-runner.ts';
import { SortedList } from './sorted-list.ts';
import type { Demand } from './waiting-job.ts';

/** A runner in its place. */
interface Seat {
  readonly runner: OnlineRunner;
  /** Counts up with each runner that comes. */
  readonly order: number;
  /** How many builds it can be given now. */
  readonly free: number;
}

/** Runners with the same labels and executor. */
export interface Kind {
  readonly labels: readonly string[];
  readonly executor: ExecutorKind;
  readonly seats: SortedList<Seat>;
  /** Those with a free slot, the roomiest first; among equally roomy ones the one that came first. */
  readonly free: SortedList<Seat>;
  /** How many of them take builds, busy or not, and how many slots those have. */
  taking: number;
  slots: number;
}

const byOrder = (a: Seat, b: Seat): number => a.order - b.order;
const byRoom = (a: Seat, b: Seat): number => b.free - a.free || byOrder(a, b);

export class Roster {
  readonly #seats = new Map<string, Seat>();
  readonly #kinds = new Map<string, Kind>();
  /** The kinds that suit a demand, until another kind comes or one goes. */
  #suiting = new WeakMap<Demand, readonly Kind[]>();
  #arrivals = 0;

  static of(runners: Iterable<OnlineRunner>): Roster {
    const roster = new Roster();
    for (const runner of runners) roster.set(runner);
    return roster;
  }

  get size(): number {
    return this.#seats.size;
  }

  get(id: string): OnlineRunner | undefined {
    return this.#seats.get(id)?.runner;
  }

  /** A runner has come, or something of it has changed. */
  set(runner: OnlineRunner): void {
    const before = this.#seats.get(runner.id);
    if (before !== undefined) this.#leave(before, keyOf(runner));
    const order = before?.order ?? this.#arrivals++;
    const free = takesBuilds(runner) ? Math.max(0, runner.slots - runner.busy) : 0;
    this.#join({ runner, order, free });
  }

  /** A runner has gone. */
  delete(id: string): void {
    const seat = this.#seats.get(id);
    if (seat === undefined) return;
    this.#leave(seat, null);
    this.#seats.delete(id);
  }

  /** A runner is given another build. */
  take(id: string): void {
    const seat = this.#seats.get(id);
    if (seat !== undefined) this.set({ ...seat.runner, busy: seat.runner.busy + 1 });
  }

  /** The runner with the most free slots of those that suit; null when none has any. */
  roomiest(demand: Demand): OnlineRunner | null {
    let best: Seat | undefined;
    for (const { free } of this.suiting(demand)) {
      const seat = free.first;
      if (seat !== undefined && (best === undefined || byRoom(seat, best) < 0)) best = seat;
    }
    return best?.runner ?? null;
  }

  /** Those with a free slot. */
  withRoom(): OnlineRunner[] {
    return [...this.#kinds.values()].flatMap(({ free }) => [...free].map(({ runner }) => runner));
  }

  all(): OnlineRunner[] {
    return this.runnersOf(this.#kinds.values());
  }

  kinds(): Iterable<Kind> {
    return this.#kinds.values();
  }

  /** The kinds of runners that may build it. */
  suiting(demand: Demand): readonly Kind[] {
    const known = this.#suiting.get(demand);
    if (known !== undefined) return known;
    const kinds = [...this.#kinds.values()].filter((kind) => suits(kind, demand));
    this.#suiting.set(demand, kinds);
    return kinds;
  }

  /** The runners of some kinds, in the order in which they came. */
  runnersOf(kinds: Iterable<Kind>): OnlineRunner[] {
    return [...kinds]
      .flatMap(({ seats }) => [...seats])
      .sort(byOrder)
      .map(({ runner }) => runner);
  }

  #join(seat: Seat): void {
    const { runner, free } = seat;
    this.#seats.set(runner.id, seat);
    const kind = this.#kindOf(runner);
    kind.seats.add(seat);
    if (free > 0) kind.free.add(seat);
    this.#count(kind, runner, 1);
  }

  /** Its kind stays even without runners when the key is `nextKey`, because one is about to join it. */
  #leave(seat: Seat, nextKey: string | null): void {
    const { runner, free } = seat;
    const key = keyOf(runner);
    const kind = this.#kindOf(runner);
    kind.seats.delete(seat);
    if (free > 0) kind.free.delete(seat);
    this.#count(kind, runner, -1);
    if (kind.seats.size > 0 || key === nextKey) return;
    this.#kinds.delete(key);
    this.#suiting = new WeakMap();
  }

  #count(kind: Kind, runner: OnlineRunner, by: 1 | -1): void {
    if (!takesBuilds(runner)) return;
    kind.taking += by;
    kind.slots += by * runner.slots;
  }

  #kindOf(runner: OnlineRunner): Kind {
    const key = keyOf(runner);
    const found = this.#kinds.get(key);
    if (found !== undefined) return found;
    const kind: Kind = {
      labels: runner.labels,
      executor: runner.executor ?? 'docker',
      seats: new SortedList(byOrder),
      free: new SortedList(byRoom),
      taking: 0,
      slots: 0,
    };
    this.#kinds.set(key, kind);
    this.#suiting = new WeakMap();
    return kind;
  }
}

const keyOf = ({ labels, executor = 'docker' }: OnlineRunner): string =>
  JSON.stringify([executor, ...[...labels].sort()]);
