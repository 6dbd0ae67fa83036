import { type ClientPart, type Connection, LogFeed } from '@appflux/client';
import type { AppFluxError, DeploymentStatus, LogLine, Phase } from '@appflux/protocol';
import { browserPage } from '#lib/live/page-lifecycle.ts';
import { plainText } from './ansi.ts';
import type { Errors, LogContent, Matches } from './content.ts';
import { LineBuffer } from './line-buffer.ts';
import { type LogRow, LogRows } from './log-rows.ts';
import { searchLines } from './search.ts';

interface LogOptions {
  deploymentId: string;
  api: ClientPart<{ logs: 'page' }>;
  token(): Promise<string | null>;
  team?(): string | null;
  /** Called with each status in the live log, which arrives sooner than a poll. */
  onState(status: DeploymentStatus, phase: Phase | null): void;
  /** Schedules a batched update; by default for the browser's next frame, or later if there are many rows. */
  soon?(work: () => void): void;
}

/**
 * An update takes a time that grows with the rows. From this many on, updates are this far apart, in milliseconds, so that
 * a log that arrives fast leaves the page time for its reader.
 */
const MANY_ROWS = 20_000;
const MANY_ROWS_PAUSE_MS = 100;

/** The log of a running deployment. Holds all its lines, or the newest ones of a very long log. */
export class LiveLog implements LogContent {
  readonly #options: LogOptions;
  #buffer = new LineBuffer();
  #rows = new LogRows();
  #shown = $state.raw<LogRow[]>([]);
  #flushing = false;

  connection = $state<Connection>('connecting');
  error = $state.raw<AppFluxError | null>(null);
  lineCount = $state(0);
  /** The length of the longest line, for the width of the scrolled area. */
  longest = $state(0);

  readonly matches: Matches;
  readonly errors: Errors;

  constructor(options: LogOptions) {
    this.#options = options;
    this.matches = new LiveMatches(this);
    this.errors = new LiveErrors(this);
  }

  /** The rows to show. */
  get rows(): readonly LogRow[] {
    return this.#shown;
  }

  get since(): string | null {
    const first = this.#shown.find((row) => row.kind === 'line' || row.kind === 'phase');
    return first?.kind === 'line' ? first.at : first?.kind === 'phase' ? first.from : null;
  }

  get rowCount(): number {
    return this.#shown.length;
  }

  row(index: number): LogRow | null {
    return this.#shown[index] ?? null;
  }

  key(index: number): string | number {
    const row = this.#shown[index];
    if (row === undefined) return index;
    return row.kind === 'line' ? row.seq : row.key;
  }

  /** All lines are in memory. */
  loaded(): Promise<void> {
    return Promise.resolve();
  }

  /** Starts following. Returns a function that stops it. */
  start(): () => void {
    const stop = new AbortController();
    const { api, deploymentId, token, team, onState } = this.#options;
    const feed = new LogFeed(
      {
        url: (after) => {
          const url = new URL(`/api/deployments/${deploymentId}/logs/live?after=${after}`, location.href);
          url.protocol = url.protocol.replace('http', 'ws');
          return url.href;
        },
        token,
        ...(team && { team }),
        poll: (after, signal) => api.logs.page(deploymentId, { after }, { signal }),
        lastSeq: () => this.#buffer.lastSeq,
      },
      {
        lines: (lines) => this.take(lines),
        rewind: () => this.reset(),
        state: onState,
        connection: (connection) => {
          this.connection = connection;
        },
        failed: (error) => {
          this.error = error;
        },
      },
      {
        onWake: browserPage.onWake,
        unexpectedHint: 'Reload the page. It may be older than the server.',
      },
    );
    void feed.run(stop.signal);
    return () => stop.abort();
  }

  /** Adds lines. Returns false if lines before them are missing. */
  take(lines: readonly LogLine[]): boolean {
    const result = this.#buffer.append(lines);
    if (result.kind === 'refused') return false;
    if (result.lines.length > 0) {
      this.#rows.append(result.lines, result.gap);
      this.#flushSoon();
    }
    return true;
  }

  /** Drops all lines before the log is read again. The shown rows stay until the next update. */
  reset(): void {
    this.#buffer = new LineBuffer();
    this.#rows = new LogRows();
    this.#flushSoon();
  }

  /** Opens or closes the section of a phase. */
  toggle(key: string): void {
    this.#rows.toggle(key);
    this.#flush();
  }

  /** Opens the section of a line and returns the line's row index; -1 if it is not loaded (yet). */
  reveal(seq: number): number {
    if (!this.#rows.reveal(seq)) return -1;
    this.#flush();
    return this.#shown.findIndex((row) => row.kind === 'line' && row.seq === seq);
  }

  /** The sequence numbers of matching lines, in order. */
  search(query: string): number[] {
    return searchLines(this.#rows.lines(), query);
  }

  /** The sequence numbers of the lines where errors start, in order. */
  errorStarts(): number[] {
    return this.#rows.errors.slice();
  }

  /** The text of the lines without colors, for the clipboard. */
  text(): string {
    let text = '';
    for (const line of this.#rows.lines()) text += `${plainText(line.text)}\n`;
    return text;
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    const soon = this.#options.soon ?? (this.#shown.length < MANY_ROWS ? requestAnimationFrame : later);
    soon(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    this.#shown = this.#rows.rows();
    this.lineCount = this.#rows.lineCount;
    this.longest = this.#rows.longest;
  }
}

const later = (work: () => void) => setTimeout(work, MANY_ROWS_PAUSE_MS);

/** Errors are noticed as lines arrive. */
class LiveErrors implements Errors {
  readonly #log: LiveLog;
  readonly complete = true;
  readonly error = null;

  readonly found: readonly number[] = $derived.by(() => {
    // Subscribes to changes: the lines themselves are not reactive.
    void this.#log.rows;
    return this.#log.errorStarts();
  });

  constructor(log: LiveLog) {
    this.#log = log;
  }

  find(): void {
    // They are known already.
  }
}

/** A search that updates as lines arrive. */
class LiveMatches implements Matches {
  readonly #log: LiveLog;
  #query = $state('');
  readonly searching = false;
  readonly error = null;

  readonly found: readonly number[] = $derived.by(() => {
    // Subscribes to changes: the lines themselves are not reactive.
    void this.#log.rows;
    return this.#log.search(this.#query);
  });

  constructor(log: LiveLog) {
    this.#log = log;
  }

  search(query: string): void {
    this.#query = query;
  }

  hurry(): void {
    // All lines are in memory.
  }
}
