/** Follows something over a WebSocket that is reconnected, and by polling where no WebSocket gets through. */
import {
  AppFluxError,
  CLOSE,
  type FromViewer,
  isAppFluxError,
  SEEN_EVERY,
  TEAM_SUBPROTOCOL_PREFIX,
  TOKEN_SUBPROTOCOL_PREFIX,
} from '@appflux/protocol';
import { pause } from '../pause.ts';

/** `polling` means that lines come from HTTP requests because no WebSocket can be opened. */
export type Connection = 'connecting' | 'live' | 'polling' | 'waiting' | 'ended' | 'failed';

/** What is followed. */
export interface Followed {
  readonly subprotocol: string;
  /** The URL to connect to now: it says after which line. */
  url(): string;
  token(): Promise<string | null>;
  /** The team to act for; null lets the server choose. */
  team?(): string | null;
  /** The last line that was added. */
  lastSeq(): number;
  /** Handles a message: goes on, connects again, ends, or fails with an error. */
  message(data: unknown): 'continue' | 'reconnect' | 'ended' | AppFluxError;
  /** Adds the lines that there are by HTTP. Returns whether more will come. Throws if the server refuses. */
  poll(signal: AbortSignal): Promise<'ended' | 'more'>;
  connection(connection: Connection): void;
  failed(error: AppFluxError): void;
}

/** What a feed uses of its environment. */
export interface FeedDependencies {
  WebSocket: typeof WebSocket;
  pause: typeof pause;
  /** Calls back when it is worth reconnecting immediately. Returns a function that stops it. */
  onWake(wake: () => void): () => void;
  /** What a person can do about frames of a newer server. */
  unexpectedHint: string;
}

/** The dependencies with defaults for those that aren't given. */
export const feedDependencies = (given: Partial<FeedDependencies>): FeedDependencies => ({
  WebSocket: globalThis.WebSocket,
  pause,
  onWake: () => () => undefined,
  unexpectedHint: 'Update this program. It may be older than the server.',
  ...given,
});

type Outcome =
  | { kind: 'ended' }
  | { kind: 'closed'; code: number; opened: boolean; error: AppFluxError | null };

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
const LONGEST_POLL_PAUSE_MS = 3000;

export class LiveFeed {
  readonly #followed: Followed;
  readonly #dependencies: FeedDependencies;

  constructor(followed: Followed, dependencies: FeedDependencies) {
    this.#followed = followed;
    this.#dependencies = dependencies;
  }

  /** Runs until it ends, the signal aborts, or the server refuses permanently. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      let failures = 0;
      while (!signal.aborted) {
        const before = this.#followed.lastSeq();
        const outcome = await this.#follow(signal);
        if (signal.aborted) return;
        if (outcome.kind === 'closed' && outcome.error) throw outcome.error;
        const reachable = outcome.kind === 'ended' || (outcome.opened && outcome.code !== CLOSE.unauthorized);
        const polled = reachable ? 'not polled' : await this.#poll(signal);
        if (outcome.kind === 'ended' || polled === 'ended') {
          this.#followed.connection('ended');
          return;
        }
        failures = this.#followed.lastSeq() > before ? 1 : failures + 1;
        this.#followed.connection(polled === 'more' ? 'polling' : 'waiting');
        await this.#backOff(failures, polled === 'more' ? LONGEST_POLL_PAUSE_MS : LONGEST_PAUSE_MS, signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#followed.connection('failed');
      this.#followed.failed(
        isAppFluxError(error)
          ? error
          : new AppFluxError('internal', 'Couldn’t follow the log.', { cause: error }),
      );
    }
  }

  /** Follows over one connection until it closes. */
  async #follow(signal: AbortSignal): Promise<Outcome> {
    this.#followed.connection('connecting');
    const token = await this.#followed.token();
    signal.throwIfAborted();
    const team = this.#followed.team?.() ?? null;
    const protocols = [
      this.#followed.subprotocol,
      ...(token === null ? [] : [TOKEN_SUBPROTOCOL_PREFIX + token]),
      ...(team === null ? [] : [TEAM_SUBPROTOCOL_PREFIX + team]),
    ];
    const socket = new this.#dependencies.WebSocket(this.#followed.url(), protocols);
    return new Promise((resolve) => {
      let opened = false;
      let ended = false;
      let error: AppFluxError | null = null;
      /** How much was received, and how much of it was acknowledged. */
      let length = 0;
      let acknowledged = 0;
      // A server may answer a close many seconds late, so what is over doesn't wait for it.
      const finish = (outcome: Outcome) => {
        signal.removeEventListener('abort', stop);
        resolve(outcome);
      };
      const close = () => socket.close(CLOSE.normal);
      const stop = () => {
        close();
        finish({ kind: 'closed', code: CLOSE.normal, opened, error: null });
      };
      signal.addEventListener('abort', stop, { once: true });
      socket.addEventListener('open', () => {
        opened = true;
        this.#followed.connection('live');
      });
      socket.addEventListener('message', ({ data }) => {
        if (ended || error || signal.aborted) return;
        length += String(data).length;
        if (length - acknowledged >= SEEN_EVERY) {
          acknowledged = length;
          socket.send(JSON.stringify({ type: 'seen', length } satisfies FromViewer));
        }
        const result = this.#followed.message(data);
        if (result === 'continue') return;
        if (result === 'ended') ended = true;
        else if (result !== 'reconnect') error = result;
        close();
        if (ended) finish({ kind: 'ended' });
      });
      socket.addEventListener('close', ({ code }) => finish({ kind: 'closed', code, opened, error }));
    });
  }

  /**
   * Polls for lines. This keeps the log going, and shows why a connection failed, which browsers hide for WebSockets.
   * Returns whether more lines will come, or that the server didn't respond. Throws if the server refuses.
   */
  async #poll(signal: AbortSignal): Promise<'ended' | 'more' | 'no response'> {
    try {
      return await this.#followed.poll(signal);
    } catch (error) {
      const transient = ['unavailable', 'internal', 'too_many_requests'] as const;
      if (!transient.some((code) => isAppFluxError(error, code))) throw error;
      return 'no response';
    }
  }

  /** Waits with exponential backoff, or until woken. Jitter keeps viewers from reconnecting simultaneously. */
  async #backOff(failures: number, most: number, signal: AbortSignal): Promise<void> {
    const longest = Math.min(most, FIRST_PAUSE_MS * 2 ** failures);
    const woken = new AbortController();
    const stopListening = this.#dependencies.onWake(() => woken.abort());
    try {
      await this.#dependencies.pause(
        longest * (0.5 + Math.random() / 2),
        AbortSignal.any([signal, woken.signal]),
      );
    } catch {
      // Aborted: either woken, or the feed was stopped, which the caller checks.
    } finally {
      stopListening();
    }
  }
}
