/**
 * What this isolate of the Worker counts by itself. On one machine there is one isolate, which serves every request. On
 * Cloudflare there are many, and a scrape reaches one of them: its counts carry its id, so that they never read as
 * another's.
 */
import { isAppFluxError } from '@appflux/protocol';

export interface RequestCount {
  method: string;
  /** The pattern of the route, such as `/api/apps/:slug`. */
  route: string;
  status: string;
  count: number;
}

/** What an isolate of the Worker counted since it started. */
export interface IsolateCounts {
  id: string;
  requests: readonly RequestCount[];
  storageErrors: ReadonlyMap<string, number>;
  /** How long log lines took to arrive, of the newest batches, in seconds. */
  logLags: readonly number[];
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts requests by method, route and status. */
export class RequestCounts {
  readonly #counts = new Map<string, RequestCount>();

  /** Counts one. A method that no route has counts as `other`, to bound the number of series. */
  add(request: { method: string; route: string; status: number }): void {
    const method = METHODS.has(request.method) ? request.method : 'other';
    const status = String(request.status);
    const key = `${method} ${status} ${request.route}`;
    const known = this.#counts.get(key) ?? { method, route: request.route, status, count: 0 };
    this.#counts.set(key, { ...known, count: known.count + 1 });
  }

  all(): RequestCount[] {
    return [...this.#counts.values()];
  }
}

/** The last of many values. */
export class LastValues {
  readonly #most: number;
  readonly #values: number[] = [];
  #next = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#most;
  }

  all(): readonly number[] {
    return this.#values;
  }
}

const logLags = new LastValues(1_000);

/**
 * Notes how long the newest line of a batch took from its runner to the deployment's object. `at` is the runner's clock
 * (ISO 8601), `now` this machine's: a runner whose clock is ahead took no time.
 */
export function noteLogLag(at: string, now: number): void {
  const seconds = (now - Date.parse(at)) / 1000;
  if (!Number.isNaN(seconds)) logLags.add(Math.max(0, seconds));
}

/** The requests that this isolate has answered. */
export const requests = new RequestCounts();
const storageErrors = new Map<string, number>();
let id: string | null = null;

/** Whether an error is the caller's fault, such as an upload that lacks parts. */
const isRefusal = (error: unknown): boolean => isAppFluxError(error) && error.status < 500;

/** An object whose failed calls are counted by the method's name. The error is passed on. */
export function countingErrors<Target extends object>(target: Target): Target {
  return new Proxy(target, {
    get(own, name) {
      const value: unknown = Reflect.get(own, name);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]): Promise<unknown> => {
        try {
          return await Reflect.apply(value, own, args);
        } catch (error) {
          if (!isRefusal(error)) {
            const operation = String(name);
            storageErrors.set(operation, (storageErrors.get(operation) ?? 0) + 1);
          }
          throw error;
        }
      };
    },
  });
}

/** What was counted since the isolate started. */
export function isolateCounts(): IsolateCounts {
  // Random values may only be generated while a request is handled.
  id ??= crypto.randomUUID().slice(0, 8);
  return { id, requests: requests.all(), storageErrors, logLags: logLags.all() };
}
