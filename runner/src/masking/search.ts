/** Finds secrets in a stream of text that is normalized in one way. */
import { Decoder, type Level } from './decoder.ts';
import { KEY, type Needles } from './needles.ts';
import { GAP } from './trace.ts';

/**
 * When a secret continues on the next line, fewer bytes than this at the end of its first line stay visible.
 * Otherwise most lines would have to be held back until the next one arrives.
 */
const VISIBLE_BEFORE_BREAK = KEY;

/** Where secrets are: start and end positions in turn, in ascending order. */
export type Covers = number[];

export class Search {
  readonly #needles: Needles;
  readonly #decoder: Decoder;
  /** Where a possible secret starts that isn't complete yet; Infinity if there is none. */
  #partialFrom = Number.POSITIVE_INFINITY;
  /** The position after the last unit that was read. */
  #end = 0;
  readonly covers: Covers = [];

  constructor(level: Level, needles: Needles) {
    this.#needles = needles;
    this.#decoder = new Decoder(level);
  }

  /** Reads the next piece, whose first unit is at position `base`. */
  push(text: string, base: number) {
    this.#decoder.push(text, base);
    this.#end = base + text.length;
    this.#scan(false);
  }

  /** Treats an incomplete escape at the end as plain text. The stream may continue. */
  pause() {
    this.#decoder.end();
    this.#scan(false);
  }

  /**
   * Ends the stream.
   * @param cut the text was truncated here: an incomplete secret at its end counts as a secret
   */
  end(cut: boolean) {
    this.pause();
    const { trace } = this.#decoder;
    if (cut && trace.length >= KEY) this.#cover(0, trace.length);
    this.#scan(true);
  }

  /** Up to which position it is known what is secret; Infinity if it is for everything that was read. */
  get decidedTo(): number {
    return Math.min(this.#partialFrom, this.#decoder.undecodedFrom);
  }

  /** Moves the origin of all positions forward by `units`, which drops what lies before it. */
  shift(units: number) {
    this.#decoder.shift(units);
    this.#partialFrom -= units;
    this.#end -= units;
    let kept = 0;
    for (let index = 0; index < this.covers.length; index += 2) {
      const end = (this.covers[index + 1] ?? 0) - units;
      if (end <= 0) continue;
      this.covers[kept] = (this.covers[index] ?? 0) - units;
      this.covers[kept + 1] = end;
      kept += 2;
    }
    this.covers.length = kept;
  }

  /** Returns to the initial state. */
  reset() {
    this.#decoder.reset();
    this.#partialFrom = Number.POSITIVE_INFINITY;
    this.#end = 0;
    this.covers.length = 0;
  }

  /** Looks at all bytes up to the first that may start an incomplete secret, and forgets them. */
  #scan(isLast: boolean) {
    const { trace, breaks } = this.#decoder;
    const after = isLast || this.#decoder.isCutOff(this.#end) ? null : breaks;
    this.#partialFrom = Number.POSITIVE_INFINITY;
    let at = this.#needles.next(trace, 0);
    while (at < trace.length) {
      const found = this.#needles.find(trace, at, after);
      if (found === 'incomplete') {
        this.#partialFrom = this.#coverStart(at, trace.length);
        break;
      }
      if (found !== 'none') this.#cover(at, at + found);
      at = this.#needles.next(trace, at + 1);
    }
    trace.drop(at);
  }

  /** Marks the text of the bytes from index `from` to before `to` as secret. */
  #cover(from: number, to: number) {
    const { covers } = this;
    const start = this.#coverStart(from, to);
    const end = this.#decoder.trace.ends[to - 1] ?? 0;
    if (end <= start) return;
    const last = covers.length - 1;
    if (last > 0 && start <= (covers[last] ?? 0)) covers[last] = Math.max(covers[last] ?? 0, end);
    else covers.push(start, end);
  }

  /** Where the hidden part of those bytes starts; Infinity if it will start on the next line. */
  #coverStart(from: number, to: number): number {
    const { trace, breaks } = this.#decoder;
    const soon = Math.min(to, from + VISIBLE_BEFORE_BREAK);
    for (let at = from + 1; at < soon; at += 1) {
      if (((trace.gaps[at] ?? 0) & GAP.lineBreak) !== 0) return trace.starts[at] ?? 0;
    }
    const breaksHere =
      to === trace.length && to - from < VISIBLE_BEFORE_BREAK && (breaks & GAP.lineBreak) !== 0;
    return breaksHere ? Number.POSITIVE_INFINITY : (trace.starts[from] ?? 0);
  }
}
