/** When a pool is spread over more objects, or over fewer. Pure. */
import type { Layout } from '../../pools/layout.ts';

/** What one shard has to do. */
export interface ShardLoad {
  /** Runners, those that are just away for a deploy of the Worker among them. */
  readonly runners: number;
  /** Frames of runners and calls a second, at its busiest of late. */
  readonly eventsPerSecond: number;
  /** Whether everything is in it that belongs there, and nothing else. */
  readonly isSettled: boolean;
  /** Whether it holds nothing at all. */
  readonly isEmpty: boolean;
}

/** What one shard is to have at most. */
export interface ShardLimits {
  readonly runners: number;
  readonly eventsPerSecond: number;
}

export const MOST_SHARDS = 16;

/** A pool that was changed is not made smaller for so long, in milliseconds: moving costs each runner a connection. */
export const REST_MS = 3_600_000;

/** A pool is made smaller only as far as it would hold so many times its load. */
const ROOM = 2;

/**
 * The layout that a pool is to have next; null for the one that it has, and until an earlier change is carried out. It
 * grows as soon as one more object is needed. It shrinks by the load of `restedMs` milliseconds, in which nothing was changed, and not before those that were given up
 * earlier are empty.
 */
export function nextLayout(
  layout: Layout,
  loads: readonly ShardLoad[],
  limits: ShardLimits,
  restedMs: number,
): Layout | null {
  if (loads.length < layout.reach || loads.some(({ isSettled }) => !isSettled)) return null;
  const needed = shardsFor(loads, limits, 1);
  if (needed > layout.shards) return spread(layout, needed);
  const retired = loads.slice(layout.shards);
  if (layout.reach > layout.shards) {
    const isOver = retired.every(({ isEmpty }) => isEmpty);
    return isOver ? spread({ ...layout, reach: layout.shards }, layout.shards) : null;
  }
  const enough = shardsFor(loads, limits, ROOM);
  return enough < layout.shards && restedMs >= REST_MS ? spread(layout, enough) : null;
}

/** The next layout with so many shards. What the others hold is asked of them until they are empty. */
const spread = ({ generation, shards: before, reach }: Layout, shards: number): Layout => ({
  generation: generation + 1,
  shards,
  before,
  reach: Math.max(reach, shards),
});

function shardsFor(loads: readonly ShardLoad[], limits: ShardLimits, times: number): number {
  const sum = (of: (load: ShardLoad) => number) => loads.reduce((total, load) => total + of(load), 0) * times;
  const needed = Math.max(
    Math.ceil(sum(({ runners }) => runners) / limits.runners),
    Math.ceil(sum(({ eventsPerSecond }) => eventsPerSecond) / limits.eventsPerSecond),
  );
  return Math.min(MOST_SHARDS, Math.max(1, needed));
}
