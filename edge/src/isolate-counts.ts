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
  return { id, requests: requests.all(), storageErrors };
}
