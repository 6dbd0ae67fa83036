import type { LogLine } from '@appflux/protocol';
import { LineStyles } from './line-styles.ts';
import type { Style } from './sgr.ts';

/** A line with the style that it starts with, left by earlier lines of its stream. */
export interface BufferedLine extends LogLine {
  readonly start: Style;
}

/** A range of missing lines. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

export type Appended =
  | { readonly kind: 'added'; readonly lines: readonly BufferedLine[]; readonly gap: Gap | null }
  /** Nothing was added: the feed has to resume after `lastSeq`. */
  | { readonly kind: 'refused'; readonly gap: Gap };

/**
 * Deduplicates lines where replay meets live, and between connections. It refuses lines after a gap. If the gap is
 * still there on the next attempt, it accepts the lines and reports what is missing, so that a log with missing lines
 * can still be followed.
 */
export class LineBuffer {
  #lastSeq = 0;
  #refusedGapFrom = 0;
  readonly #styles = new LineStyles();

  /** The last line added; 0 before the first. The `after` of the next connection. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Adds a batch that is sorted by `seq`. */
  append(batch: readonly LogLine[]): Appended {
    const fresh = batch.filter((line) => line.seq > this.#lastSeq);
    const first = fresh[0];
    if (first === undefined) return { kind: 'added', lines: [], gap: null };
    const expected = this.#lastSeq + 1;
    const gap = first.seq > expected ? { from: expected, to: first.seq - 1 } : null;
    if (gap && this.#refusedGapFrom !== expected) {
      this.#refusedGapFrom = expected;
      return { kind: 'refused', gap };
    }
    const lines: BufferedLine[] = [];
    for (const line of fresh) {
      if (line.seq <= this.#lastSeq) continue;
      this.#lastSeq = line.seq;
      lines.push({ ...line, start: this.#styles.startOf(line) });
    }
    return { kind: 'added', lines, gap };
  }
}
