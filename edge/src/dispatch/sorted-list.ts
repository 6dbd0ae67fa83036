/**
 * A list that stays sorted while items come and go, each in about the square root of its length. It is in chunks, so an
 * insertion moves one chunk and never the whole list.
 */

/** An item is inserted into a chunk of at most so many; a larger one is split. */
const MOST_IN_CHUNK = 256;

export class SortedList<Item> {
  readonly #compare: (a: Item, b: Item) => number;
  /** None is empty. */
  readonly #chunks: Item[][] = [];
  #size = 0;

  /** `compare` is a total order: it gives 0 for an item and itself only, and the same as long as the item is in the list. */
  constructor(compare: (a: Item, b: Item) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  /** The smallest item; undefined when the list is empty. */
  get first(): Item | undefined {
    return this.#chunks[0]?.[0];
  }

  add(item: Item): void {
    this.#size += 1;
    const at = Math.min(this.#chunkOf(item), this.#chunks.length - 1);
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push([item]);
      return;
    }
    chunk.splice(this.#placeIn(chunk, item), 0, item);
    if (chunk.length > MOST_IN_CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(MOST_IN_CHUNK / 2));
  }

  /** Removes an item. False when it is not in the list. */
  delete(item: Item): boolean {
    const at = this.#chunkOf(item);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return false;
    const place = this.#placeIn(chunk, item);
    const found = chunk[place];
    if (found === undefined || this.#compare(found, item) !== 0) return false;
    chunk.splice(place, 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
    this.#size -= 1;
    return true;
  }

  /** How many items are smaller than this one, which need not be in the list. */
  countBefore(item: Item): number {
    const at = this.#chunkOf(item);
    const chunk = this.#chunks[at];
    const before = this.#chunks.slice(0, at).reduce((sum, { length }) => sum + length, 0);
    return before + (chunk === undefined ? 0 : this.#placeIn(chunk, item));
  }

  *[Symbol.iterator](): Generator<Item> {
    for (const chunk of this.#chunks) yield* chunk;
  }

  /** The first chunk whose last item is not smaller; the number of chunks when there is none. */
  #chunkOf(item: Item): number {
    return firstWhere(this.#chunks.length, (index) => {
      const last = this.#chunks[index]?.at(-1);
      return last !== undefined && this.#compare(last, item) >= 0;
    });
  }

  #placeIn(chunk: readonly Item[], item: Item): number {
    return firstWhere(chunk.length, (index) => this.#compare(chunk[index] as Item, item) >= 0);
  }
}

/** The first of the numbers below `length` from which on `isTrue` holds; `length` when it never does. */
function firstWhere(length: number, isTrue: (index: number) => boolean): number {
  let from = 0;
  let to = length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (isTrue(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}
