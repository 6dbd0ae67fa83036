/** Whether the server can be reached, and when it was last. */
import { probePause } from './probe-pause.ts';

/** `offline` means that the device has no network; `unreachable`, that the server doesn't answer. */
export type ConnectionState = 'online' | 'offline' | 'unreachable';

/** Gateways answer so while the server behind them is away. 503 may be the server's own answer. */
const AWAY: readonly number[] = [502, 504];

/** What a connection uses of its environment. */
export interface ConnectionEnvironment {
  fetch: typeof fetch;
  /** Whether the device has a network. */
  hasNetwork(): boolean;
  visible(): boolean;
  /** Calls back when one of the two may have changed. */
  onChange(changed: () => void): void;
}

/** Requested to find out whether the server is back. It needs no sign-in. */
const PROBE = '/api/config';

/** How long the server may take to answer that, in milliseconds. */
const PATIENCE_MS = 10_000;

/** Follows the requests of this page. While they fail, asks whether the server is back, less and less often. */
export class Connection {
  readonly #environment: ConnectionEnvironment;
  readonly #returned = new Set<() => void>();
  #state = $state<ConnectionState>('online');
  /** When the server last answered. Not reactive: it changes with every response. */
  #reachedAt: string | null = null;
  #lastReachedAt = $state<string | null>(null);
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #probing = false;

  constructor(environment: ConnectionEnvironment) {
    this.#environment = environment;
    if (!environment.hasNetwork()) this.#state = 'offline';
    environment.onChange(() => this.#check());
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** When the server last answered before the connection was lost, in ISO 8601; null if it never did. */
  get lastReachedAt(): string | null {
    return this.#lastReachedAt;
  }

  /** Calls back whenever the connection is back. Returns a function that stops it. */
  onReturn(returned: () => void): () => void {
    this.#returned.add(returned);
    return () => this.#returned.delete(returned);
  }

  /** A `fetch` whose results are noted. */
  readonly fetch: typeof fetch = async (input, init) => {
    try {
      const response = await this.#environment.fetch(input, init);
      if (AWAY.includes(response.status)) this.#lost();
      else this.#reached();
      return response;
    } catch (error) {
      // What the page itself stopped says nothing about the server.
      if (!init?.signal?.aborted) this.#lost();
      throw error;
    }
  };

  /** Asks now whether the server is back. */
  async retry(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#probing) return;
    this.#probing = true;
    try {
      await this.fetch(PROBE, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) });
    } catch {
      // `fetch` has noted it.
    } finally {
      this.#probing = false;
      if (this.#state !== 'online') {
        this.#failures += 1;
        this.#probeLater();
      }
    }
  }

  #check(): void {
    if (!this.#environment.hasNetwork()) this.#leave('offline');
    else if (this.#state !== 'online' && this.#environment.visible()) void this.retry();
  }

  #reached(): void {
    this.#reachedAt = new Date().toISOString();
    if (this.#state === 'online') return;
    this.#state = 'online';
    this.#failures = 0;
    clearTimeout(this.#timer);
    for (const returned of this.#returned) returned();
  }

  #lost(): void {
    this.#leave(this.#environment.hasNetwork() ? 'unreachable' : 'offline');
  }

  #leave(state: 'offline' | 'unreachable'): void {
    if (this.#state === 'online') {
      this.#lastReachedAt = this.#reachedAt;
      this.#probeLater();
    }
    this.#state = state;
  }

  #probeLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        // A hidden page asks when it is visible again.
        if (this.#environment.visible()) void this.retry();
      },
      probePause(this.#failures, Math.random()),
    );
  }
}

const inBrowser = typeof window !== 'undefined';

/** The connection of this page. */
export const connection = new Connection({
  fetch: (input, init) => fetch(input, init),
  // There is no page while the site is built.
  hasNetwork: () => !inBrowser || navigator.onLine,
  visible: () => document.visibilityState === 'visible',
  onChange: (changed) => {
    if (!inBrowser) return;
    for (const name of ['online', 'offline']) window.addEventListener(name, changed);
    document.addEventListener('visibilitychange', changed);
  },
});
