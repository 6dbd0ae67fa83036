/** Notes the round trips of each handler. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Trace } from '../trips.ts';

/** The most handlers that are remembered. */
const MOST = 5_000;

interface Running {
  readonly what: string;
  readonly trips: { what: string; level: number; isAwaited: boolean }[];
  /** The highest level of a call that has ended. */
  reached: number;
  hasAnswered: boolean;
}

/** The handler that the running code belongs to, through all its awaits. */
const running = new AsyncLocalStorage<Running>();

let noted: Running[] = [];

/** Runs a handler, and notes the round trips that it makes, also after its answer. */
export function tracing<Result>(what: string, handler: () => Result): Result {
  const own: Running = { what, trips: [], reached: 0, hasAnswered: false };
  if (noted.length < MOST) noted.push(own);
  return running.run(own, () => {
    const answered = () => {
      own.hasAnswered = true;
    };
    let result: Result;
    try {
      result = handler();
    } catch (error) {
      answered();
      throw error;
    }
    if (isPromise(result)) result.then(answered, answered);
    else answered();
    return result;
  });
}

/** Makes a call that is a round trip. */
export function trip<Result>(what: string, call: () => Result): Result {
  const own = running.getStore();
  if (own === undefined) return call();
  const level = own.reached + 1;
  const made = { what, level, isAwaited: false };
  own.trips.push(made);
  const result = call();
  const ended = () => {
    own.reached = Math.max(own.reached, level);
    made.isAwaited = !own.hasAnswered;
  };
  if (isPromise(result)) result.then(ended, ended);
  else ended();
  return result;
}

/** What a call of an object gives can be awaited, and is a function. */
const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  (typeof value === 'object' || typeof value === 'function') &&
  value !== null &&
  'then' in value &&
  typeof value.then === 'function';

/** What was noted. */
export const readTrips = (): Trace[] => noted.map(({ what, trips }) => ({ what, trips }));

export function resetTrips(): void {
  noted = [];
}
