import type { ClientPart, Connection } from '@appflux/client';
import { type AppFluxError, isAppFluxError, type LogOutline } from '@appflux/protocol';
import { pause } from '#lib/time/pause.ts';
import { plainText } from './ansi.ts';
import { ArchiveErrors } from './archive-errors.svelte.ts';
import { lineBatches } from './archive-lines.ts';
import { ArchiveMatches } from './archive-matches.svelte.ts';
import type { LogContent, PendingRow } from './content.ts';
import { LinePages, pageOf } from './line-pages.ts';
import type { LogRow } from './log-rows.ts';
import { OutlineLayout } from './outline-layout.ts';
import { isRetryable, PageLoader, toAppFluxError } from './page-loader.ts';
import { startFindWorker } from './start-find-worker.ts';
import { WorkerFinder } from './worker-finder.ts';

export interface ArchivedLogOptions {
  deploymentId: string;
  api: ClientPart<{ logs: 'page' | 'outline' | 'read' }>;
}

/** How many lines around a line are loaded with it, so that it stays in place when they arrive. */
const AROUND = 60;

const RETRY_MS = 2_000;

/**
 * The log of an ended deployment, read from storage: its outline first, then only the lines in view and around it.
 */
export class ArchivedLog implements LogContent {
  readonly #options: ArchivedLogOptions;
  readonly #stop = new AbortController();
  readonly #pages = new LinePages();
  readonly #damaged = new Set<number>();
  readonly #loader: PageLoader;
  readonly #finder: WorkerFinder;
  #outline = $state.raw<LogOutline>({ sections: [], lastSeq: 0, longest: 0 });
  #closed = $state.raw<ReadonlySet<number>>(new Set());
  readonly #layout = $derived(new OutlineLayout(this.#outline.sections, this.#closed));
  /** Incremented when a page is loaded: the pages themselves are not reactive. */
  #version = $state(0);

  readonly matches: ArchiveMatches;
  readonly errors: ArchiveErrors;
  connection = $state<Connection>('connecting');
  error = $state.raw<AppFluxError | null>(null);

  constructor(options: ArchivedLogOptions) {
    this.#options = options;
    const { api, deploymentId } = options;
    this.#finder = new WorkerFinder(
      (signal, fetch) => api.logs.read(deploymentId, { signal, fetch }),
      startFindWorker,
    );
    this.matches = new ArchiveMatches(this.#finder);
    this.errors = new ArchiveErrors(this.#finder);
    this.#loader = new PageLoader({
      fetch: (after, limit, signal) => api.logs.page(deploymentId, { after, limit }, { signal }),
      has: (page) => this.#pages.has(page) || this.#damaged.has(page),
      loaded: (page, lines) => {
        this.#pages.add(page, lines);
        this.#version += 1;
      },
      damaged: (page) => {
        this.#damaged.add(page);
        this.#version += 1;
      },
      errorChanged: (error) => {
        this.error = error;
      },
    });
  }

  /**
   * Loads the outline and the lines around `seq` (null: the end) in parallel. Returns whether the log is archived; also
   * false if there is no such log. Throws when stopped, and on errors that a retry can't fix.
   */
  async open(seq: number | null): Promise<boolean> {
    if (seq !== null) void this.#loader.load(pageOf(seq));
    const { api, deploymentId } = this.#options;
    const { signal } = this.#stop;
    for (;;) {
      try {
        const outline = await api.logs.outline(deploymentId, { signal });
        signal.throwIfAborted();
        this.#outline = outline;
        this.error = null;
        this.connection = 'ended';
        return true;
      } catch (error) {
        signal.throwIfAborted();
        if (isAppFluxError(error, 'log_not_archived') || isAppFluxError(error, 'not_found')) return false;
        this.error = toAppFluxError(error);
        if (!isRetryable(error)) throw error;
        await pause(RETRY_MS, signal);
      }
    }
  }

  stop(): void {
    this.#stop.abort();
    this.#loader.stop();
    this.matches.stop();
    this.errors.stop();
    this.#finder.stop();
  }

  get lineCount(): number {
    return this.#outline.lastSeq;
  }

  get longest(): number {
    return this.#outline.longest;
  }

  get since(): string | null {
    return this.#outline.sections[0]?.from ?? null;
  }

  get rowCount(): number {
    return this.#layout.rowCount;
  }

  row(index: number): LogRow | PendingRow | null {
    void this.#version;
    const row = this.#layout.rowAt(index);
    if (row === null) return null;
    if (row.kind === 'head') {
      const { phase, firstSeq, lines, from, to } = row.section;
      // Only sections with a phase have headers.
      return phase === null
        ? null
        : { kind: 'phase', key: `s${firstSeq}`, phase, lines, from, to, open: row.open };
    }
    const page = pageOf(row.seq);
    this.#loader.view(page);
    return this.#pages.line(row.seq) ?? { kind: 'pending', seq: row.seq, damaged: this.#damaged.has(page) };
  }

  key(index: number): string | number {
    const row = this.#layout.rowAt(index);
    if (row === null) return `none${index}`;
    return row.kind === 'line' ? row.seq : `s${row.section.firstSeq}`;
  }

  toggle(key: string): void {
    const seq = Number(key.slice(1));
    const closed = new Set(this.#closed);
    if (!closed.delete(seq)) closed.add(seq);
    this.#closed = closed;
  }

  reveal(seq: number): number {
    const section = this.#layout.sectionOf(seq);
    if (section !== null && this.#closed.has(section.firstSeq)) this.toggle(`s${section.firstSeq}`);
    return this.#layout.indexOf(seq);
  }

  async loaded(seq: number): Promise<void> {
    const { lastSeq } = this.#outline;
    const around = [seq, Math.max(1, seq - AROUND), Math.min(lastSeq, seq + AROUND)];
    await Promise.all([...new Set(around.map(pageOf))].map((page) => this.#loader.load(page)));
  }

  async text(): Promise<string> {
    const { api, deploymentId } = this.#options;
    let text = '';
    for await (const lines of lineBatches(await api.logs.read(deploymentId, { signal: this.#stop.signal }))) {
      for (const line of lines) text += `${plainText(line.text)}\n`;
    }
    return text;
  }
}
