import type { LogLine } from '@appflux/protocol';
import { LineStyles } from './line-styles.ts';
import type { Style } from './sgr.ts';

/** A line as it is kept: with the style that earlier lines of its stream left in force. */
export interface BufferedLine extends LogLine {
  readonly start: Style;
}

/** Lines that should have come before those that did. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

export type Appended =
  | { readonly kind: 'added'; readonly lines: readonly BufferedLine[]; readonly gap: Gap | null }
  /** Nothing was taken: the feed has to begin again after `lastSeq`. */
  | { readonly kind: 'refused'; readonly gap: Gap };

/**
 * Puts lines in order at the seam between replay and live, and between one connection and the next: a line
 * seen before is dropped, a gap is refused. Asked again for the same gap and given the same answer, it
 * takes the lines and says what is missing, so that a log that was cut can still be read on.
 */
export class LineBuffer {
  #lastSeq = 0;
  #refusedGapFrom = 0;
  readonly #styles = new LineStyles();

  /** The newest line taken; 0 before the first. What a feed passes as `after`. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Takes a batch in order of `seq`. */
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
