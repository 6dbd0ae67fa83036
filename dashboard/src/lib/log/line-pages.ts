import type { LogLine } from '@appflux/protocol';
import type { BufferedLine } from './line-buffer.ts';
import { LineStyles, NO_STYLES, type StyleState } from './line-styles.ts';
import type { LineRow } from './log-rows.ts';

/** Lines to a page. */
export const PAGE_LINES = 500;

/** So many pages are kept; beyond that, those that were not looked at for longest go. */
export const MAX_PAGES = 40;

interface Page {
  lines: readonly LineRow[];
  /** The styles after its last line. */
  end: StyleState;
}

/** Which page a line is on, counted from 0. */
export const pageOf = (seq: number): number => Math.floor((seq - 1) / PAGE_LINES);

/** The pages of a log that are here, as many as are worth their memory. */
export class LinePages {
  /** In the order in which they were looked at. */
  readonly #pages = new Map<number, Page>();
  readonly #most: number;

  constructor(most = MAX_PAGES) {
    this.#most = most;
  }

  get size(): number {
    return this.#pages.size;
  }

  has(page: number): boolean {
    return this.#pages.has(page);
  }

  /** A line; null when its page is not here. Its page counts as looked at. */
  line(seq: number): LineRow | null {
    const page = pageOf(seq);
    const known = this.#pages.get(page);
    if (known === undefined) return null;
    this.#pages.delete(page);
    this.#pages.set(page, known);
    return known.lines[(seq - 1) % PAGE_LINES] ?? null;
  }

  /**
   * Adds a page, whole. Its lines go on in the style that the page before left; where that is not here they begin
   * plain, until it is.
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
      if (this.#pages.size <= this.#most) break;
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
