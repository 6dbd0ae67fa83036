import type { AppFluxError, DeploymentStatus, LogLine, Phase } from '@appflux/protocol';
import type { Api } from '#lib/api/api.ts';
import { plainText } from './ansi.ts';
import { LineBuffer } from './line-buffer.ts';
import { type Connection, LogFeed } from './log-feed.ts';
import { type LogRow, LogRows } from './log-rows.ts';
import { searchLines } from './search.ts';

interface Setting {
  deploymentId: string;
  api: Pick<Api, 'getLog'>;
  token(): Promise<string | null>;
  team?(): string | null;
  /** Told of each state that the live log brings, which is sooner than a poll does. */
  onState(status: DeploymentStatus, phase: Phase | null): void;
  /** Puts many changes into one: by default, those of a tenth of a second. */
  soon?(work: () => void): void;
}

/** The log of one deployment as the page shows it. */
export class DeploymentLog {
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

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  /** What to show, row by row. */
  get rows(): readonly LogRow[] {
    return this.#shown;
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
        poll: (after, signal) => api.getLog(deploymentId, after, signal),
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

  /** Forgets every line: the log is about to be read anew. What was shown stays until then, or for a moment. */
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
