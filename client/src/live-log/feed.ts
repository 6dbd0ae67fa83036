/** Follows the log of a deployment: live, over lost connections, and by polling where no WebSocket gets through. */
import {
  AppFluxError,
  type DeploymentStatus,
  LOGS_SUBPROTOCOL,
  type LogLine,
  type LogPage,
  type Phase,
  parseFrame,
  ViewerFrame,
} from '@appflux/protocol';
import { type Connection, type FeedDependencies, feedDependencies, LiveFeed } from './live-feed.ts';

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
    this.#dependencies = feedDependencies(dependencies);
  }

  /** Runs until the log ends, the signal aborts, or the server refuses permanently. */
  run(signal: AbortSignal): Promise<void> {
    const [source, events] = [this.#source, this.#events];
    const feed = new LiveFeed(
      {
        subprotocol: LOGS_SUBPROTOCOL,
        url: () => source.url(source.lastSeq()),
        token: () => source.token(),
        team: () => source.team?.() ?? null,
        lastSeq: () => source.lastSeq(),
        message: (data) => this.#handle(data),
        poll: (polling) => this.#poll(polling),
        connection: (connection) => events.connection(connection),
        failed: (error) => events.failed(error),
      },
      this.#dependencies,
    );
    return feed.run(signal);
  }

  /** Newer servers may add types of frames, which are ignored. A known type with invalid fields is an error. */
  #handle(data: unknown): 'continue' | 'reconnect' | 'ended' | AppFluxError {
    const parsed = parseFrame(ViewerFrame, data);
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

  /** Adds all lines that there are. */
  async #poll(signal: AbortSignal): Promise<'ended' | 'more'> {
    for (;;) {
      const page = await this.#source.poll(this.#source.lastSeq(), signal);
      const taken = page.items.length > 0 && this.#events.lines(page.items);
      if (this.#source.lastSeq() >= page.lastSeq) return page.ended ? 'ended' : 'more';
      if (!taken) return 'more';
    }
  }
}
