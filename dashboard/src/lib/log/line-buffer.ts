import { type Appended, LineOrder } from '@appflux/client';
import type { LogLine } from '@appflux/protocol';
import { LineStyles } from './line-styles.ts';
import type { Style } from './sgr.ts';

/** A line with the style that it starts with, left by earlier lines of its stream. */
export interface BufferedLine extends LogLine {
  readonly start: Style;
}

/** Lines in order, with their styles. */
export class LineBuffer {
  readonly #order = new LineOrder();
  readonly #styles = new LineStyles();

  /** The last line added; 0 before the first. The `after` of the next connection. */
  get lastSeq(): number {
    return this.#order.lastSeq;
  }

  /** Adds a batch that is sorted by `seq`. */
  append(batch: readonly LogLine[]): Appended<BufferedLine> {
    const appended = this.#order.append(batch);
    if (appended.kind === 'refused') return appended;
    const lines = appended.lines.map((line) => ({ ...line, start: this.#styles.startOf(line) }));
    return { ...appended, lines };
  }
}
