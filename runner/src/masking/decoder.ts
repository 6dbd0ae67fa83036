/** Turns streamed text into the bytes that are compared with secrets. */
import { BACKSLASH, BYTE, isIntroducer, readEscape } from './escapes.ts';
import { TerminalSequence } from './terminal-sequence.ts';
import { GAP, Trace } from './trace.ts';

/**
 * How much a text is normalized before the comparison. Secrets and output are normalized alike.
 * - `plain`: terminal sequences, line breaks and the indentation after them are dropped.
 * - `escaped`: in addition, escapes of JSON, HTML, URLs and shells are decoded at any depth of nesting, and
 *   backslashes, quotation marks and invisible characters are dropped.
 */
export type Level = 'plain' | 'escaped';

/** A match doesn't continue across more dropped UTF-16 units than this. It bounds what is held back. */
export const LONGEST_GAP = 256;

/** How many characters may wait for the end of an escape. */
const WIDEST_WINDOW = 32;

/** ASCII that is copied as it is, unless an escape, a sequence or a line break came before it. */
const COPIED: Readonly<Record<Level, Uint8Array>> = {
  plain: asciiTable((code) => code !== 0x1b && code !== 0x0a && code !== 0x0d),
  escaped: asciiTable(
    (code) => code >= 0x20 && code < 0x7f && code !== 0x22 && code !== 0x27 && !isIntroducer(code),
  ),
};

function asciiTable(isCopied: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 0x80 }, (_, code) => (isCopied(code) ? 1 : 0));
}

/** Control and format characters, and U+FFFD, by which sentences replace them. */
const isInvisible = (code: number) =>
  code < 0x20 || code === 0xfffd || (code >= 0x7f && /[\p{Cc}\p{Cf}]/u.test(String.fromCodePoint(code)));

/** A line break that was written as an escape. */
const ESCAPED_BREAK = 2 * BYTE;

const isBreak = (code: number) => code === 0x0a || code === 0x0d || code === ESCAPED_BREAK;

/** Decodes text that arrives in pieces of any size into a Trace. */
export class Decoder {
  readonly trace = new Trace();
  readonly #level: Level;
  readonly #copied: Uint8Array;
  readonly #sequence = new TerminalSequence();
  /** Whether the next unit can be decoded without looking at any state. */
  #calm = true;
  /** Characters that may turn out to be an escape, and where each was read. */
  readonly #window = { codes: [] as number[], starts: [] as number[], ends: [] as number[] };
  #afterBackslash = false;
  /** Line breaks since the last byte, as a sum of GAP. */
  #breaks = 0;
  /** A high surrogate that waits for its other half; 0 if there is none. */
  #high = 0;
  #highStart = 0;
  /** Where the text of the last byte ended. */
  #lastEnd = 0;

  constructor(level: Level) {
    this.#level = level;
    this.#copied = COPIED[level];
  }

  /** Decodes the next piece, whose first unit is at position `base`. */
  push(text: string, base: number) {
    const { trace } = this;
    const copied = this.#copied;
    // UTF-8 takes three bytes per UTF-16 unit at most.
    trace.reserve(3 * text.length);
    let { length } = trace;
    const { bytes, starts, ends, gaps } = trace;
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      if (this.#calm && unit < 0x80 && copied[unit] === 1) {
        bytes[length] = unit;
        starts[length] = base + index;
        ends[length] = base + index + 1;
        gaps[length] = 0;
        length += 1;
        this.#lastEnd = base + index + 1;
        continue;
      }
      trace.length = length;
      this.#take(unit, base + index);
      length = trace.length;
    }
    trace.length = length;
  }

  /** Decodes incomplete escapes as plain text: the stream has ended, or pauses. */
  end() {
    this.#settle(this.#window.codes.length);
    this.#endPair();
    this.#afterBackslash = false;
    this.#updateCalm();
  }

  /** Returns to the initial state. */
  reset() {
    this.end();
    this.#sequence.reset();
    this.#breaks = 0;
    this.#lastEnd = 0;
    this.trace.length = 0;
    this.#updateCalm();
  }

  /** Where text starts that isn't decoded yet; Infinity if everything is. */
  get undecodedFrom(): number {
    const [first = Number.POSITIVE_INFINITY] = this.#window.starts;
    return this.#high === 0 ? first : Math.min(first, this.#highStart);
  }

  /** The line breaks after the last byte, as a sum of GAP. */
  get breaks(): number {
    return this.#breaks;
  }

  /** Whether so much was dropped between the last byte and `end` that no match can continue. */
  isCutOff(end: number): boolean {
    return end - this.#lastEnd > LONGEST_GAP;
  }

  /** Moves the origin of all positions forward by `units`. */
  shift(units: number) {
    this.trace.shift(units);
    const { starts, ends } = this.#window;
    for (let index = 0; index < starts.length; index += 1) {
      starts[index] = (starts[index] ?? 0) - units;
      ends[index] = (ends[index] ?? 0) - units;
    }
    this.#highStart -= units;
    this.#lastEnd = Math.max(this.#lastEnd - units, -2 * LONGEST_GAP);
  }

  #updateCalm() {
    this.#calm =
      !this.#sequence.open &&
      this.#breaks === 0 &&
      this.#high === 0 &&
      !this.#afterBackslash &&
      this.#window.codes.length === 0;
  }

  #take(unit: number, at: number) {
    if (!this.#sequence.takes(unit)) {
      if (this.#level === 'escaped') this.#unescape(unit, at);
      else this.#emit(unit, at, at + 1);
    }
    this.#updateCalm();
  }

  /** Decodes escapes from the inside out: a decoded character may be part of another escape. */
  #unescape(unit: number, at: number) {
    const { codes, starts, ends } = this.#window;
    if (codes.length === 0 && !isIntroducer(unit)) {
      this.#emit(unit, at, at + 1);
      return;
    }
    codes.push(unit);
    starts.push(at);
    ends.push(at + 1);
    for (;;) {
      const from = codes.findLastIndex(isIntroducer);
      const read = from < 0 ? 'none' : readEscape(codes.slice(from));
      if (read === 'incomplete') break;
      if (read === 'none') {
        // No escape contains an introducer, so the ones around it aren't escapes either.
        this.#settle(codes.length);
        return;
      }
      codes.splice(from, read.length, isBreak(read.code) ? ESCAPED_BREAK : read.code);
      ends.splice(from, read.length - 1);
      starts.splice(from + 1, read.length - 1);
    }
    while (codes.length > WIDEST_WINDOW || at - (starts[0] ?? at) > LONGEST_GAP) this.#settle(1);
  }

  /** Emits the first `count` characters of the window as they are. */
  #settle(count: number) {
    const { codes, starts, ends } = this.#window;
    const from = starts.splice(0, count);
    const to = ends.splice(0, count);
    for (const [index, code] of codes.splice(0, count).entries()) {
      this.#emit(code, from[index] ?? 0, to[index] ?? 0);
    }
  }

  #emit(code: number, start: number, end: number) {
    const read = this.#level === 'escaped' ? this.#withoutEscaping(code) : code;
    if (read === null || this.#isPaired(read, start, end)) return;
    if (isBreak(read)) this.#breaks |= read === ESCAPED_BREAK ? GAP.escapedBreak : GAP.lineBreak;
    else if (this.#breaks === 0 || (read !== 0x20 && read !== 0x09)) this.#write(read, start, end);
  }

  /** The character that is compared; null if this one is dropped. Any number of backslashes may stand before it. */
  #withoutEscaping(code: number): number | null {
    const escaped = this.#afterBackslash;
    this.#afterBackslash = code === BACKSLASH;
    if (code === BACKSLASH || code === 0x22 || code === 0x27) return null;
    if (code === 0x09 || (escaped && code === 0x74)) return 0x20;
    if (escaped && (code === 0x6e || code === 0x72)) return ESCAPED_BREAK;
    return !isBreak(code) && code < BYTE && isInvisible(code) ? null : code;
  }

  /** Joins surrogate pairs. Returns whether it has dealt with the character. */
  #isPaired(code: number, start: number, end: number): boolean {
    if (this.#high !== 0 && code >= 0xdc00 && code <= 0xdfff) {
      const joined = 0x10000 + ((this.#high - 0xd800) << 10) + (code - 0xdc00);
      this.#high = 0;
      this.#write(joined, this.#highStart, end);
      return true;
    }
    this.#endPair();
    if (code < 0xd800 || code > 0xdbff) return false;
    this.#high = code;
    this.#highStart = start;
    return true;
  }

  #endPair() {
    if (this.#high === 0) return;
    this.#high = 0;
    if (this.#level === 'plain') this.#write(0xfffd, this.#highStart, this.#highStart + 1);
  }

  /** Writes a character as UTF-8 (RFC 3629), or a single byte. */
  #write(code: number, start: number, end: number) {
    const gap = this.#breaks | (start - this.#lastEnd > LONGEST_GAP ? GAP.barrier : 0);
    const add = (byte: number, before: number) => this.trace.add(byte, start, end, before);
    this.#breaks = 0;
    this.#lastEnd = end;
    if (code >= BYTE) return add(code - BYTE, gap);
    if (code < 0x80) return add(code, gap);
    if (code < 0x800) {
      add(0xc0 | (code >> 6), gap);
    } else if (code < 0x10000) {
      add(0xe0 | (code >> 12), gap);
      add(0x80 | ((code >> 6) & 0x3f), 0);
    } else {
      add(0xf0 | (code >> 18), gap);
      add(0x80 | ((code >> 12) & 0x3f), 0);
      add(0x80 | ((code >> 6) & 0x3f), 0);
    }
    add(0x80 | (code & 0x3f), 0);
  }
}
