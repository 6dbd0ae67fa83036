/** Follows the log of a deployment: live, over lost connections, and by polling where no WebSocket gets through. */
import {
  AppFluxError,
  CLOSE,
  type DeploymentStatus,
  type FromViewer,
  isAppFluxError,
  LOGS_SUBPROTOCOL,
  type LogLine,
  type LogPage,
  type ParsedFrame,
  type Phase,
  parseFrame,
  SEEN_EVERY,
  TEAM_SUBPROTOCOL_PREFIX,
  TOKEN_SUBPROTOCOL_PREFIX,
  ViewerFrame,
} from '@appflux/protocol';
import { pause } from '../pause.ts';

/** `polling` means that lines come from HTTP requests because no WebSocket can be opened. */
export type Connection = 'connecting' | 'live' | 'polling' | 'waiting' | 'ended' | 'failed';

export interface FeedEvents {
  /** Adds lines. Returns false if lines before them are missing: then the feed resumes after the last line. */
  lines(lines: readonly LogLine[]): boolean;
  /** Drops all lines: some of them were never stored, so the log is read again. */
  rewind(): void;
  state(status: DeploymentStatus, phase: Phase | null): void;
  connection(connection: Connection): void;
  failed(error: AppFluxError): void;
}

export interface FeedSource {
  /** The URL of the live log, after a line. */
  url(after: number): string;
  token(): Promise<string | null>;
  /** The team to act for; null lets the server choose. */
  team?(): string | null;
  poll(after: number, signal: AbortSignal): Promise<LogPage>;
  /** The last line added. */
  lastSeq(): number;
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

type Outcome =
  | { kind: 'ended' }
  | { kind: 'closed'; code: number; opened: boolean; error: AppFluxError | null };

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
const LONGEST_POLL_PAUSE_MS = 3000;

/**
 * Follows a log until it ends. It uses a WebSocket, resumes after the last line when the connection is lost, and polls
 * over HTTP where no WebSocket can be opened.
 */
export class LogFeed {
  readonly #source: FeedSource;
  readonly #events: FeedEvents;
  readonly #dependencies: FeedDependencies;

  constructor(source: FeedSource, events: FeedEvents, dependencies: Partial<FeedDependencies> = {}) {
    this.#source = source;
    this.#events = events;
    this.#dependencies = {
      WebSocket: globalThis.WebSocket,
      pause,
      onWake: () => () => undefined,
      unexpectedHint: 'Update this program. It may be older than the server.',
      ...dependencies,
    };
  }

  /** Runs until the log ends, the signal aborts, or the server refuses permanently. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      let failures = 0;
      while (!signal.aborted) {
        const before = this.#source.lastSeq();
        const outcome = await this.#follow(signal);
        if (signal.aborted) return;
        if (outcome.kind === 'closed' && outcome.error) throw outcome.error;
        const reachable = outcome.kind === 'ended' || (outcome.opened && outcome.code !== CLOSE.unauthorized);
        const polled = reachable ? 'not polled' : await this.#poll(signal);
        if (outcome.kind === 'ended' || polled === 'ended') {
          this.#events.connection('ended');
          return;
        }
        failures = this.#source.lastSeq() > before ? 1 : failures + 1;
        this.#events.connection(polled === 'more' ? 'polling' : 'waiting');
        await this.#backOff(failures, polled === 'more' ? LONGEST_POLL_PAUSE_MS : LONGEST_PAUSE_MS, signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#events.connection('failed');
      this.#events.failed(
        isAppFluxError(error)
          ? error
          : new AppFluxError('internal', 'Couldn’t follow the log.', { cause: error }),
      );
    }
  }

  /** Follows over one connection until it closes. */
  async #follow(signal: AbortSignal): Promise<Outcome> {
    this.#events.connection('connecting');
    const token = await this.#source.token();
    signal.throwIfAborted();
    const team = this.#source.team?.() ?? null;
    const protocols = [
      LOGS_SUBPROTOCOL,
      ...(token === null ? [] : [TOKEN_SUBPROTOCOL_PREFIX + token]),
      ...(team === null ? [] : [TEAM_SUBPROTOCOL_PREFIX + team]),
    ];
    const socket = new this.#dependencies.WebSocket(this.#source.url(this.#source.lastSeq()), protocols);
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
        this.#events.connection('live');
      });
      socket.addEventListener('message', ({ data }) => {
        if (ended || error || signal.aborted) return;
        length += String(data).length;
        if (length - acknowledged >= SEEN_EVERY) {
          acknowledged = length;
          socket.send(JSON.stringify({ type: 'seen', length } satisfies FromViewer));
        }
        const result = this.#handle(parseFrame(ViewerFrame, data));
        if (result === 'continue') return;
        if (result === 'ended') ended = true;
        else if (result !== 'reconnect') error = result;
        close();
        if (ended) finish({ kind: 'ended' });
      });
      socket.addEventListener('close', ({ code }) => finish({ kind: 'closed', code, opened, error }));
    });
  }

  /** Newer servers may add types of frames, which are ignored. A known type with invalid fields is an error. */
  #handle(parsed: ParsedFrame<ViewerFrame>): 'continue' | 'reconnect' | 'ended' | AppFluxError {
    if (parsed.outcome === 'unknown_type') return 'continue';
    if (parsed.outcome !== 'ok') {
      return new AppFluxError('internal', 'The server sent log lines in an unknown format.', {
        hint: this.#dependencies.unexpectedHint,
      });
    }
    const { frame } = parsed;
    if (frame.type === 'lines') return this.#events.lines(frame.lines) ? 'continue' : 'reconnect';
    if (frame.type === 'rewind') {
      this.#events.rewind();
      return 'reconnect';
    }
    this.#events.state(frame.status, frame.type === 'state' ? frame.phase : null);
    return frame.type === 'end' ? 'ended' : 'continue';
  }

  /**
   * Polls for lines. This keeps the log going, and shows why a connection failed, which browsers hide for WebSockets.
   * Returns whether more lines will come, or that the server didn't respond. Throws if the server refuses.
   */
  async #poll(signal: AbortSignal): Promise<'ended' | 'more' | 'no response'> {
    try {
      for (;;) {
        const page = await this.#source.poll(this.#source.lastSeq(), signal);
        const taken = page.items.length > 0 && this.#events.lines(page.items);
        if (this.#source.lastSeq() >= page.lastSeq) return page.ended ? 'ended' : 'more';
        if (!taken) return 'more';
      }
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
