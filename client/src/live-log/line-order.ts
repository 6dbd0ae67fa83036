/** Lines of a log in order and without duplicates, whatever connections they arrive by. */
import type { LogLine } from '@appflux/protocol';

/** A range of missing lines. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

export type Appended<Line> =
  | { readonly kind: 'added'; readonly lines: readonly Line[]; readonly gap: Gap | null }
  /** Nothing was added: the feed has to resume after `lastSeq`. */
  | { readonly kind: 'refused'; readonly gap: Gap };

/**
 * Deduplicates lines where replay meets live, and between connections. It refuses lines after a gap. If the gap is
 * still there on the next attempt, it accepts the lines and reports what is missing, so that a log with missing lines
 * can still be followed.
 */
export class LineOrder {
  #lastSeq: number;
  #refusedGapFrom = 0;

  /** Starts after a line; 0 for the whole log. */
  constructor(after = 0) {
    this.#lastSeq = after;
  }

  /** The last line added. The `after` of the next connection. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Adds a batch that is sorted by `seq`. */
  append(batch: readonly LogLine[]): Appended<LogLine> {
    const fresh = batch.filter((line) => line.seq > this.#lastSeq);
    const first = fresh[0];
    if (first === undefined) return { kind: 'added', lines: [], gap: null };
    const expected = this.#lastSeq + 1;
    const gap = first.seq > expected ? { from: expected, to: first.seq - 1 } : null;
    if (gap && this.#refusedGapFrom !== expected) {
      this.#refusedGapFrom = expected;
      return { kind: 'refused', gap };
    }
    const lines: LogLine[] = [];
    for (const line of fresh) {
      if (line.seq <= this.#lastSeq) continue;
      this.#lastSeq = line.seq;
      lines.push(line);
    }
    return { kind: 'added', lines, gap };
  }
}
