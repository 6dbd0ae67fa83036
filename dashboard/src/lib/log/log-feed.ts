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
import { browserPage, type PageLife } from '#lib/live/page-life.ts';
import { pause } from '#lib/time/pause.ts';

/** `polling` means that lines come by plain requests, because a WebSocket does not get through. */
export type Connection = 'connecting' | 'live' | 'polling' | 'waiting' | 'ended' | 'failed';

export interface FeedEvents {
  /** Takes lines; answers false when some before them are missing, and the feed begins again after the last. */
  lines(lines: readonly LogLine[]): boolean;
  /** Forgets all lines: some of them were never written down, and the log is read anew. */
  rewind(): void;
  state(status: DeploymentStatus, phase: Phase | null): void;
  connection(connection: Connection): void;
  failed(error: AppFluxError): void;
}

export interface FeedSource {
  /** The live log's address, from after a line on. */
  url(after: number): string;
  token(): Promise<string | null>;
  /** The team that is asked for; null leaves it to the server. */
  team?(): string | null;
  poll(after: number, signal: AbortSignal): Promise<LogPage>;
  /** The last line taken. */
  lastSeq(): number;
}

interface Tools {
  WebSocket: typeof WebSocket;
  pause: typeof pause;
  page: PageLife;
}

type Outcome =
  | { kind: 'ended' }
  | { kind: 'closed'; code: number; opened: boolean; error: AppFluxError | null };

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
const LONGEST_POLL_PAUSE_MS = 3000;

/**
 * Follows a log until it ends: over a WebSocket, again from the last line whenever that is lost, and by
 * plain requests in between where no WebSocket gets through.
 */
export class LogFeed {
  readonly #source: FeedSource;
  readonly #events: FeedEvents;
  readonly #tools: Tools;

  constructor(source: FeedSource, events: FeedEvents, tools: Partial<Tools> = {}) {
    this.#source = source;
    this.#events = events;
    this.#tools = { WebSocket: globalThis.WebSocket, pause, page: browserPage, ...tools };
  }

  /** Runs until the log has ended, the signal aborts, or the server refuses for good. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      let failures = 0;
      while (!signal.aborted) {
        const before = this.#source.lastSeq();
        const outcome = await this.#follow(signal);
        if (signal.aborted) return;
        if (outcome.kind === 'closed' && outcome.error) throw outcome.error;
        const through = outcome.kind === 'ended' || (outcome.opened && outcome.code !== CLOSE.unauthorized);
        const polled = through ? 'not asked' : await this.#poll(signal);
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
          : new AppFluxError('internal', 'Couldn’t follow the log. Reload the page.', { cause: error }),
      );
    }
  }

  /** One connection, from after the last line to its end. */
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
    const socket = new this.#tools.WebSocket(this.#source.url(this.#source.lastSeq()), protocols);
    return new Promise((resolve) => {
      let opened = false;
      let ended = false;
      let error: AppFluxError | null = null;
      /** How much has come, and how much of it the server was told of. */
      let length = 0;
      let told = 0;
      const close = () => socket.close(CLOSE.normal);
      signal.addEventListener('abort', close, { once: true });
      socket.addEventListener('open', () => {
        opened = true;
        this.#events.connection('live');
      });
      socket.addEventListener('message', ({ data }) => {
        if (ended || error || signal.aborted) return;
        length += String(data).length;
        if (length - told >= SEEN_EVERY) {
          told = length;
          socket.send(JSON.stringify({ type: 'seen', length } satisfies FromViewer));
        }
        const heard = this.#hear(parseFrame(ViewerFrame, data));
        if (heard === 'go on') return;
        if (heard === 'ended') ended = true;
        else if (heard !== 'again') error = heard;
        close();
      });
      socket.addEventListener('close', ({ code }) => {
        signal.removeEventListener('abort', close);
        resolve(ended ? { kind: 'ended' } : { kind: 'closed', code, opened, error });
      });
    });
  }

  /** More types of frames may be added, and are ignored. A frame of ours with the wrong members is a fault. */
  #hear(parsed: ParsedFrame<ViewerFrame>): 'go on' | 'again' | 'ended' | AppFluxError {
    if (parsed.outcome === 'unknown_type') return 'go on';
    if (parsed.outcome !== 'ok') return notUnderstood();
    const { frame } = parsed;
    if (frame.type === 'lines') return this.#events.lines(frame.lines) ? 'go on' : 'again';
    if (frame.type === 'rewind') {
      this.#events.rewind();
      return 'again';
    }
    this.#events.state(frame.status, frame.type === 'state' ? frame.phase : null);
    return frame.type === 'end' ? 'ended' : 'go on';
  }

  /**
   * Asks for lines plainly. It keeps the log going, and it says why there was no connection, which a
   * browser does not tell of a WebSocket. Answers what is left to come, or that there was no answer;
   * throws a refusal.
   */
  async #poll(signal: AbortSignal): Promise<'ended' | 'more' | 'no answer'> {
    try {
      for (;;) {
        const page = await this.#source.poll(this.#source.lastSeq(), signal);
        const taken = page.items.length > 0 && this.#events.lines(page.items);
        if (this.#source.lastSeq() >= page.lastSeq) return page.ended ? 'ended' : 'more';
        if (!taken) return 'more';
      }
    } catch (error) {
      const passing = ['unavailable', 'internal', 'too_many_requests'] as const;
      if (!passing.some((code) => isAppFluxError(error, code))) throw error;
      return 'no answer';
    }
  }

  /** Waits with growing, scattered pauses (so that viewers do not all come back at once), or until the page wakes. */
  async #backOff(failures: number, most: number, signal: AbortSignal): Promise<void> {
    const longest = Math.min(most, FIRST_PAUSE_MS * 2 ** failures);
    const woken = new AbortController();
    const stopListening = this.#tools.page.onWake(() => woken.abort());
    try {
      await this.#tools.pause(longest * (0.5 + Math.random() / 2), AbortSignal.any([signal, woken.signal]));
    } catch {
      // Aborted: either the page woke, and it is time to connect, or all is over, which the caller looks at.
    } finally {
      stopListening();
    }
  }
}

const notUnderstood = () =>
  new AppFluxError('internal', 'The server sent log lines that this page doesn’t understand.', {
    hint: 'Reload the page. It may be older than the server.',
  });
