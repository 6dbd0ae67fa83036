/** What the counting Worker notes of round trips, and what is concluded from that. */

/** A call of a binding, of an object, of a cache or of another server, by a handler that waits for its answer. */
export interface Trip {
  /** `D1`, `DeploymentObject.create`, `R2 get`, ... */
  readonly what: string;
  /** Its place in the row of those that were made one after the other, from 1. Calls that ran side by side share one. */
  readonly level: number;
  /** Whether it had ended when the handler answered: its caller waited for it. */
  readonly isAwaited: boolean;
}

/** The round trips of one call of a handler. */
export interface Trace {
  /** `POST /api/apps/app/deployments`, `queue event-queue`, `DeploymentObject.create`, ... */
  readonly what: string;
  readonly trips: readonly Trip[];
}

export interface RoundTrips {
  /** Made one after the other, those among them that the called objects made. */
  readonly sequential: number;
  /** All that it caused, until nothing happened any more. */
  readonly all: number;
}

/**
 * The round trips of the handler `what`, of all that was noted while it was called. Objects are found by the name of the
 * called method; where several calls of one were noted, the longest counts. `until`: `answer` leaves out what had not
 * ended when a handler answered, for which nobody waited. Throws if the handler was not called.
 */
export function roundTripsOf(
  what: string,
  noted: readonly Trace[],
  until: 'answer' | 'end' = 'answer',
): RoundTrips {
  const own = noted.filter((trace) => trace.what === what);
  if (own.length === 0)
    throw new Error(`${what} was not called, but ${noted.map((trace) => trace.what).join(', ')}`);
  return {
    sequential: Math.max(...own.map((trace) => sequentialOf(trace, noted, until))),
    all: noted.reduce((sum, { trips }) => sum + trips.length, 0),
  };
}

function sequentialOf({ trips }: Trace, noted: readonly Trace[], until: 'answer' | 'end'): number {
  const levels = new Map<number, number>();
  for (const { what, level, isAwaited } of trips) {
    if (until === 'answer' && !isAwaited) continue;
    const inside = noted.filter((other) => other.what === what);
    const length = 1 + Math.max(0, ...inside.map((other) => sequentialOf(other, noted, 'answer')));
    levels.set(level, Math.max(levels.get(level) ?? 0, length));
  }
  return [...levels.values()].reduce((sum, length) => sum + length, 0);
}
