/** Cuts text into log lines. */
import { MAX_LINE_LENGTH } from '@appflux/protocol';

/**
 * Turns a stream of text, cut anywhere, into lines. A carriage return alone starts the line again, as on a
 * terminal, so that of a progress bar its last state is kept. A line longer than the protocol takes is split,
 * never inside a surrogate pair.
 */
export class LineSplitter {
  readonly #emit: (line: string) => void;
  #line = '';
  /** A carriage return has been read and what follows will say whether it ended the line or restarts it. */
  #returned = false;

  constructor(emit: (line: string) => void) {
    this.#emit = emit;
  }

  /** Whether an unfinished line waits for more. */
  get partial(): boolean {
    return this.#line !== '';
  }

  push(text: string) {
    let from = 0;
    while (from < text.length) {
      const lineFeed = text.indexOf('\n', from);
      const end = lineFeed < 0 ? text.length : lineFeed;
      this.#append(text.slice(from, end));
      if (lineFeed < 0) return;
      this.#end();
      from = end + 1;
    }
  }

  /** Gives out the unfinished line, if there is one: the stream ended, or has been silent for long. */
  flush() {
    if (this.partial) this.#end();
    this.#returned = false;
  }

  #append(text: string) {
    if (text === '') return;
    let returnsFrom = text.length;
    while (returnsFrom > 0 && text[returnsFrom - 1] === '\r') returnsFrom -= 1;
    const visible = text.slice(0, returnsFrom);
    const lastReturn = visible.lastIndexOf('\r');
    if (visible !== '') {
      if (this.#returned || lastReturn >= 0) this.#line = '';
      this.#line += visible.slice(lastReturn + 1);
      this.#returned = false;
    }
    if (returnsFrom < text.length) this.#returned = true;
    this.#emitOverlong();
  }

  #emitOverlong() {
    let start = 0;
    while (this.#line.length - start > MAX_LINE_LENGTH) {
      const end = splitPoint(this.#line, start + MAX_LINE_LENGTH);
      this.#emit(this.#line.slice(start, end));
      start = end;
    }
    if (start > 0) this.#line = this.#line.slice(start);
  }

  #end() {
    const line = this.#line;
    this.#line = '';
    this.#returned = false;
    this.#emit(line);
  }
}

/** The place at or before `at` where a text may be cut without breaking a surrogate pair. */
export function splitPoint(text: string, at: number): number {
  const before = text.charCodeAt(at - 1);
  const highSurrogate = before >= 0xd800 && before <= 0xdbff;
  return highSurrogate && at < text.length ? at - 1 : at;
}
