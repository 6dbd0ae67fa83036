/** Which database a new team gets. */

/** Databases that are as large as this, within it, count as equally full. Bytes. */
const ABOUT_BYTES = 512 * 1024 ** 2;

/** What the directory keeps free for its own records, which can't be elsewhere. Bytes. */
const FOR_DIRECTORY_BYTES = 1024 ** 3;

/**
 * The number of the database that a new team gets: any of those that are about the least full, so that teams that come at
 * the same time are spread. The directory, number 0, counts as fuller than it is.
 *
 * @param sizes the size of each database in bytes, by its number; at least one
 * @param random from 0 up to but not including 1
 */
export function leastFull(sizes: readonly number[], random: number): number {
  const weights = sizes.map((bytes, number) => (number === 0 ? bytes + FOR_DIRECTORY_BYTES : bytes));
  const least = Math.min(...weights);
  const candidates = weights.flatMap((weight, number) => (weight <= least + ABOUT_BYTES ? [number] : []));
  return candidates[Math.floor(random * candidates.length)] ?? 0;
}
