/**
 * How a team's pool is spread over objects, its shards, and where in it a job or a runner belongs. Pure.
 *
 * Shard 0 has the name of the team, as the only object of a pool that was never split. It alone decides on a new layout;
 * everyone else learns of it by a call, and of two layouts the one with the higher generation counts.
 */

export interface Layout {
  /** Counts up with each change. */
  readonly generation: number;
  /** How many shards jobs and runners are spread over. */
  readonly shards: number;
  /** How many there were before. */
  readonly before: number;
  /** How many shards may still hold something: more than `shards` while those that were given up are emptied. */
  readonly reach: number;
}

/** The layout of a pool that was never split. */
export const UNDIVIDED: Layout = { generation: 0, shards: 1, before: 1, reach: 1 };

/** The shard that a call is meant for, and the layout by which it was chosen. The platform does not always tell an object its name. */
export interface Address {
  readonly ownerId: string;
  readonly shard: number;
  readonly layout: Layout;
}

/** The name of a shard's object. */
export const shardName = ({ ownerId, shard }: Pick<Address, 'ownerId' | 'shard'>): string =>
  shard === 0 ? ownerId : `${ownerId}#${shard}`;

/**
 * The shard to which a key belongs: the id of an App, whose jobs stay together, or of a runner. Rendezvous hashing: with
 * one shard more, only the keys that belong to the new one move.
 * Source: Thaler and Ravishankar, A Name-Based Mapping Scheme for Rendezvous (1996).
 */
export const homeOf = (key: string, shards: number): number => preferenceOf(key, shards)[0] ?? 0;

/** All shards, those that a key belongs to soonest first. */
export function preferenceOf(key: string, shards: number): number[] {
  const weights = Array.from({ length: shards }, (_, shard) => ({ shard, weight: hash(`${key}#${shard}`) }));
  return weights.sort((a, b) => b.weight - a.weight || a.shard - b.shard).map(({ shard }) => shard);
}

/** FNV-1a, whose last bytes hardly change the upper bits, finished as MurmurHash3 does. 32 bits. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35);
  return (sum ^ (sum >>> 16)) >>> 0;
}
