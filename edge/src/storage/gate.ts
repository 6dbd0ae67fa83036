/** Bounds how much of something runs at the same time in an isolate. */

/** Runs work in the order in which it comes, at most `places` at a time. */
export function createGate(places: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let free = places;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The next one that waits gets the place.
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}
