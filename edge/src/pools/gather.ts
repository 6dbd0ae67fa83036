/** What the shards of a pool answer, as one answer. Pure. */
import type { ConnectedRunner, PoolFigures, PoolOverview } from './shard-stub.ts';

type WaitingFigures = PoolFigures['waiting'][number];
type RunnerFigures = PoolFigures['runners'][number];
type DeploymentPlace = PoolOverview['places'][number];

export interface PoolLoad {
  /** Attempts that are out with runners. */
  running: number;
  /** Jobs that wait. */
  queued: number;
}

export const allLoad = (loads: readonly PoolLoad[]): PoolLoad => ({
  running: loads.reduce((sum, { running }) => sum + running, 0),
  queued: loads.reduce((sum, { queued }) => sum + queued, 0),
});

/** A runner that has just moved may be seen twice: where it was heard last it is. */
export function allOnline(shards: readonly ConnectedRunner[][]): ConnectedRunner[] {
  const byId = new Map<string, ConnectedRunner>();
  for (const runner of shards.flat()) {
    const other = byId.get(runner.id);
    if (other === undefined || other.lastSeenAt < runner.lastSeenAt) byId.set(runner.id, runner);
  }
  return [...byId.values()];
}

export function allFigures(shards: readonly PoolFigures[]): PoolFigures {
  const waiting = merged(
    shards.flatMap((shard) => shard.waiting),
    ({ labels, isUntrusted }: WaitingFigures) => JSON.stringify([isUntrusted, labels]),
    (a, b) => ({ ...a, jobs: a.jobs + b.jobs, oldestAt: Math.min(a.oldestAt, b.oldestAt) }),
  );
  const runners = merged(
    shards.flatMap((shard) => shard.runners),
    ({ labels, executor }: RunnerFigures) => JSON.stringify([executor, labels]),
    (a, b) => ({
      ...a,
      taking: a.taking + b.taking,
      refusing: a.refusing + b.refusing,
      freeSlots: a.freeSlots + b.freeSlots,
      busySlots: a.busySlots + b.busySlots,
    }),
  );
  return { waiting, runners };
}

/** Where a deployment waits or is out, that counts; a shard that knows nothing of it does not. */
export function allOverview(shards: readonly PoolOverview[]): PoolOverview {
  const places = new Map<string, DeploymentPlace>();
  for (const place of shards.flatMap((shard) => shard.places)) {
    const known = places.get(place.deploymentId);
    if (known === undefined || rank(place) > rank(known)) places.set(place.deploymentId, place);
  }
  return {
    online: allOnline(shards.map(({ online }) => online)),
    places: [...places.values()],
    machines: [
      ...new Map(shards.flatMap(({ machines }) => machines.map((one) => [one.runnerId, one]))).values(),
    ],
    out: [...new Map(shards.flatMap(({ out }) => out.map((one) => [one.deploymentId, one]))).values()],
  };
}

const rank = (place: DeploymentPlace): number => (place.waits ? 2 : place.isOut ? 1 : 0);

function merged<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  add: (a: Item, b: Item) => Item,
): Item[] {
  const byKey = new Map<string, Item>();
  for (const item of items) {
    const key = keyOf(item);
    const known = byKey.get(key);
    byKey.set(key, known === undefined ? item : add(known, item));
  }
  return [...byKey.values()];
}
