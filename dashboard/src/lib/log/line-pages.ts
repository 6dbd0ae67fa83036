import type { LogLine } from '@appflux/protocol';
import type { BufferedLine } from './line-buffer.ts';
import { LineStyles, NO_STYLES, type StyleState } from './line-styles.ts';
import type { LineRow } from './log-rows.ts';

/** Lines per page. */
export const PAGE_LINES = 500;

/** The cache's size in pages. The least recently used ones are evicted. */
export const MAX_PAGES = 40;

interface Page {
  lines: readonly LineRow[];
  /** The styles after its last line. */
  end: StyleState;
}

/** The page of a line, from 0. */
export const pageOf = (seq: number): number => Math.floor((seq - 1) / PAGE_LINES);

/** A cache of a log's pages. */
export class LinePages {
  /** Least recently used first. */
  readonly #pages = new Map<number, Page>();
  readonly #maxPages: number;

  constructor(maxPages = MAX_PAGES) {
    this.#maxPages = maxPages;
  }

  get size(): number {
    return this.#pages.size;
  }

  has(page: number): boolean {
    return this.#pages.has(page);
  }

  /** A line; null if its page is not cached. Marks the page as used. */
  line(seq: number): LineRow | null {
    const page = pageOf(seq);
    const cached = this.#pages.get(page);
    if (cached === undefined) return null;
    this.#pages.delete(page);
    this.#pages.set(page, cached);
    return cached.lines[(seq - 1) % PAGE_LINES] ?? null;
  }

  /**
   * Adds a complete page. Its lines continue the style of the previous page. They start plain if that page is not cached,
   * and are restyled when it is added.
   */
  add(page: number, lines: readonly LogLine[]): void {
    const before = this.#pages.get(page - 1)?.end ?? NO_STYLES;
    this.#pages.set(page, styled(lines, before));
    for (let next = page + 1; ; next += 1) {
      const after = this.#pages.get(next);
      const end = this.#pages.get(next - 1)?.end;
      if (after === undefined || end === undefined) break;
      const again = styled(after.lines, end);
      const changes = !isSame(again.end, after.end);
      after.lines = again.lines;
      after.end = again.end;
      if (!changes) break;
    }
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= this.#maxPages) break;
      this.#pages.delete(oldest);
    }
  }
}

function styled(lines: readonly (LogLine | BufferedLine)[], before: StyleState): Page {
  const styles = new LineStyles(before);
  const rows = lines.map((line): LineRow => ({ kind: 'line', ...line, start: styles.startOf(line) }));
  return { lines: rows, end: styles.state };
}

const isSame = (a: StyleState, b: StyleState) =>
  a.stdout === b.stdout && a.stderr === b.stderr && a.phase === b.phase;
