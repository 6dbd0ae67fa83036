/** Resolves names with a cache: builds request the same few names thousands of times. */
import { lookup } from 'node:dns/promises';

/** All addresses of a host name. Rejects if there are none or they could not be had. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export interface ResolverOptions {
  /** Asks once, without remembering. */
  readonly ask?: Resolve;
  /** How long an answer, and how long the lack of one, is remembered, and how long one is waited for; milliseconds. */
  readonly keepMs?: number;
  readonly keepFailureMs?: number;
  readonly patienceMs?: number;
  /** How many names are remembered. */
  readonly capacity?: number;
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number;
}

/** The system's own way (hosts file, then DNS), which is what the owner of the host has set up and tested. */
const askSystem: Resolve = async (host) =>
  (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address);

/**
 * A resolver with a cache, for failures too: without it, every retry of a name that does not exist would wait for
 * the name server's own time-out. Requests for one name at the same time share one question.
 */
export function createResolver(options: ResolverOptions = {}): Resolve {
  const {
    ask = askSystem,
    keepMs = 60_000,
    keepFailureMs = 5_000,
    patienceMs = 10_000,
    capacity = 1_000,
  } = options;
  const now = options.now ?? (() => performance.now());
  const known = new Map<string, { answer: Promise<readonly string[]>; until: number }>();

  return (host) => {
    const held = known.get(host);
    if (held !== undefined && now() < held.until) return held.answer;
    const answer = within(patienceMs, host, ask(host));
    const entry = { answer, until: Number.POSITIVE_INFINITY };
    known.delete(host);
    known.set(host, entry);
    answer.then(
      () => {
        entry.until = now() + keepMs;
      },
      () => {
        entry.until = now() + keepFailureMs;
      },
    );
    // The Map keeps insertion order: the first key is the name that was asked longest ago.
    for (const oldest of known.keys()) {
      if (known.size <= capacity) break;
      known.delete(oldest);
    }
    return answer;
  };
}

function within<T>(milliseconds: number, host: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no name server responded for ${host} within ${milliseconds} ms`)),
      milliseconds,
    );
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
