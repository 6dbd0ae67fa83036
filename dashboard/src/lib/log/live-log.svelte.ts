import type { ClientPart } from '@appflux/client';
import type { AppFluxError, DeploymentStatus, LogLine, Phase } from '@appflux/protocol';
import { plainText } from './ansi.ts';
import type { LogContent, Matches } from './content.ts';
import { LineBuffer } from './line-buffer.ts';
import { type Connection, LogFeed } from './log-feed.ts';
import { type LogRow, LogRows } from './log-rows.ts';
import { searchLines } from './search.ts';

interface Setting {
  deploymentId: string;
  api: ClientPart<{ logs: 'page' }>;
  token(): Promise<string | null>;
  team?(): string | null;
  /** Told of each state that the live log brings, which is sooner than a poll does. */
  onState(status: DeploymentStatus, phase: Phase | null): void;
  /** Puts many changes into one: by default, those of a tenth of a second. */
  soon?(work: () => void): void;
}

/** A log that may still grow: all its lines are here, or the newest of them. */
export class LiveLog implements LogContent {
  readonly #setting: Setting;
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

  constructor(setting: Setting) {
    this.#setting = setting;
    this.matches = new LiveMatches(this);
  }

  /** What to show, row by row. */
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

  /** Every line that there is is here. */
  loaded(): Promise<void> {
    return Promise.resolve();
  }

  /** Begins to follow. Answers with a function that ends it. */
  start(): () => void {
    const stop = new AbortController();
    const { api, deploymentId, token, team, onState } = this.#setting;
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
        rewind: () => this.forget(),
        state: onState,
        connection: (connection) => {
          this.connection = connection;
        },
        failed: (error) => {
          this.error = error;
        },
      },
    );
    void feed.run(stop.signal);
    return () => stop.abort();
  }

  /** Takes lines; answers false when some before them are missing. */
  take(lines: readonly LogLine[]): boolean {
    const result = this.#buffer.append(lines);
    if (result.kind === 'refused') return false;
    if (result.lines.length > 0) {
      this.#rows.append(result.lines, result.gap);
      this.#flushSoon();
    }
    return true;
  }

  /** Forgets every line: the log is about to be read again. What was shown stays until then, or for a moment. */
  forget(): void {
    this.#buffer = new LineBuffer();
    this.#rows = new LogRows();
    this.#flushSoon();
  }

  /** Opens or closes a phase's section. */
  toggle(key: string): void {
    this.#rows.toggle(key);
    this.#flush();
  }

  /** Where a line lies among the rows, its section opened if need be; -1 when it is not here (yet). */
  reveal(seq: number): number {
    if (!this.#rows.reveal(seq)) return -1;
    this.#flush();
    return this.#shown.findIndex((row) => row.kind === 'line' && row.seq === seq);
  }

  /** The numbers of the lines that hold the words, in order. */
  search(words: string): number[] {
    return searchLines(this.#rows.lines(), words);
  }

  /** The lines as they are shown, without colors, for the clipboard. */
  text(): string {
    let text = '';
    for (const line of this.#rows.lines()) text += `${plainText(line.text)}\n`;
    return text;
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    const soon = this.#setting.soon ?? ((work) => setTimeout(work, 100));
    soon(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    this.#shown = this.#rows.rows();
    this.lineCount = this.#rows.lineCount;
    this.longest = this.#rows.longest;
  }
}

/** A search that is kept up while lines come in. */
class LiveMatches implements Matches {
  readonly #log: LiveLog;
  #words = $state('');
  readonly searching = false;
  readonly error = null;

  readonly found: readonly number[] = $derived.by(() => {
    // Read for its change: the lines themselves are not signals.
    void this.#log.rows;
    return this.#log.search(this.#words);
  });

  constructor(log: LiveLog) {
    this.#log = log;
  }

  search(words: string): void {
    this.#words = words;
  }
}
