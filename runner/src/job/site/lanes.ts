/** Works on many items in parallel, within bounds. */
import { availableParallelism } from 'node:os';

/** zlib and the file system share the four threads of libuv's pool; other builds run on this machine, too. */
export const LANES = Math.max(2, Math.min(4, availableParallelism()));

/** Runs `work` on each item, a few at a time. Returns the results in the order of the items. */
export async function inLanes<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  signal: AbortSignal,
): Promise<Result[]> {
  const results: Result[] = [];
  for await (const result of inOrder(items, work, { signal, sizeOf: () => 1, maxSize: LANES }))
    results.push(result);
  return results;
}

/**
 * Runs `work` on several items at a time, and yields the results in the order of the items. The items in progress are
 * `maxSize` in total at most; one that is larger is alone.
 * @throws what `work` throws, or the reason of the signal, after all work in progress has ended
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<Result>,
  bounds: { readonly signal: AbortSignal; readonly sizeOf: (item: Item) => number; readonly maxSize: number },
): AsyncGenerator<Result> {
  const { signal, sizeOf, maxSize } = bounds;
  const running: { readonly result: Promise<Result>; readonly size: number }[] = [];
  let size = 0;
  try {
    for (const item of items) {
      const next = sizeOf(item);
      while (running.length > 0 && (size + next > maxSize || running.length >= LANES)) {
        const first = running[0];
        if (first === undefined) break;
        const result = await first.result;
        running.shift();
        size -= first.size;
        yield result;
      }
      signal.throwIfAborted();
      const result = work(item);
      // It may reject before its turn; the await at its turn still gets the error.
      result.catch(() => undefined);
      running.push({ result, size: next });
      size += next;
    }
    for (let first = running[0]; first !== undefined; first = running[0]) {
      const result = await first.result;
      running.shift();
      yield result;
    }
  } finally {
    // Files are open until the work in progress has ended.
    await Promise.allSettled(running.map(({ result }) => result));
  }
}
