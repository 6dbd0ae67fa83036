/**
 * How long an object cannot hibernate. Cloudflare bills an object's time while it runs, or is idle and unable to
 * hibernate; idle and able to, it costs nothing
 * (https://developers.cloudflare.com/durable-objects/platform/pricing/).
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { count } from './counts.ts';

/** The object that the running code belongs to, through all its awaits. */
const running = new AsyncLocalStorage<Awake>();

export class Awake {
  #reasons = 0;
  #since = 0;

  /** Runs a function of the object; it is awake until that has settled. */
  run<Result>(work: () => Result): Result {
    return running.run(this, () => {
      this.#begin();
      let result: Result;
      try {
        result = work();
      } catch (error) {
        this.#end();
        throw error;
      }
      if (result instanceof Promise) this.until(result);
      this.#end();
      return result;
    });
  }

  /** It is awake until the promise has settled. */
  until(promise: Promise<unknown>): void {
    this.#begin();
    const end = () => this.#end();
    promise.then(end, end);
  }

  /** It is awake until the timer has run or is cleared. */
  timer(set: (done: () => void) => unknown): unknown {
    this.#begin();
    let open = true;
    const done = () => {
      if (open) this.#end();
      open = false;
    };
    const id = set(done);
    timers.set(id, done);
    return id;
  }

  #begin(): void {
    if (this.#reasons === 0) this.#since = Date.now();
    this.#reasons += 1;
  }

  #end(): void {
    this.#reasons -= 1;
    if (this.#reasons === 0) count('awakeMs', Date.now() - this.#since);
  }
}

/** How to report that a timer is over, by its id. */
const timers = new Map<unknown, () => void>();

/** Timers that an object sets keep it awake; those of the Worker itself do not count. */
export function watchTimers(): void {
  const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = globalThis;
  globalThis.setTimeout = ((callback: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
    const set = (done: () => void) =>
      realSetTimeout(() => {
        done();
        callback(...args);
      }, ms);
    return running.getStore()?.timer(set) ?? realSetTimeout(() => callback(...args), ms);
  }) as typeof setTimeout;
  globalThis.clearTimeout = ((id: Parameters<typeof clearTimeout>[0]) => {
    timers.get(id)?.();
    timers.delete(id);
    realClearTimeout(id);
  }) as typeof clearTimeout;
}
