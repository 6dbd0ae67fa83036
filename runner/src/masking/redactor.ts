/** Masks secrets in a stream of text. */
import { MASK } from './forms.ts';
import type { Covers, Search } from './search.ts';
import type { Secrets } from './secrets.ts';

/** Left visible inside a secret: line breaks, and sequences that set colors (ECMA-48 §5.4). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it matches control sequences.
const KEPT = /[\r\n]+|(?:\u001b\[|\u009b)[ -?]{0,60}[@-~]/g;

/**
 * Masks a stream. It holds back only what may turn out to be the start of a secret. Secrets that overlap or touch
 * become one mask.
 */
export class Redactor {
  readonly #searches: readonly Search[];
  #held = '';
  /** Whether the last thing released was a mask, so that secret text right after it needs no other. */
  #inMask = false;
  /** Whether only blanks were released since a line break inside a secret. */
  #indented = false;

  constructor(secrets: Secrets) {
    this.#searches = secrets.searches();
  }

  /** Takes the next piece of the stream, of any size. Returns what can be shown. */
  push(text: string): string {
    if (this.#searches.length === 0) return text;
    const base = this.#held.length;
    this.#held += text;
    for (const search of this.#searches) search.push(text, base);
    return this.#release(this.#decidedTo());
  }

  /**
   * Returns what is held back only because it may start an escape, such as the `%` of a progress display, for when the
   * stream pauses. The possible start of a secret stays held back.
   */
  pause(): string {
    for (const search of this.#searches) search.pause();
    return this.#release(this.#decidedTo());
  }

  /**
   * Ends the stream and returns the rest of it.
   * @param cut the text was truncated here, so a possible start of a secret at its end is masked
   */
  flush(cut = false): string {
    for (const search of this.#searches) search.end(cut);
    const rest = this.#release(this.#held.length);
    for (const search of this.#searches) search.reset();
    this.#inMask = false;
    this.#indented = false;
    return rest;
  }

  /** Whether anything is held back. */
  get holding(): boolean {
    return this.#held !== '';
  }

  #decidedTo(): number {
    return Math.min(this.#held.length, ...this.#searches.map(({ decidedTo }) => decidedTo));
  }

  /** Removes the first `length` held units and returns them, masked. */
  #release(length: number): string {
    if (length === 0) return '';
    const text = this.#held;
    let out = '';
    let at = 0;
    for (const [start, end] of merged(this.#searches.map(({ covers }) => covers))) {
      if (start >= length) break;
      out += this.#shown(text.slice(at, Math.max(at, start)));
      at = Math.min(end, length);
      out += this.#hidden(text.slice(Math.max(0, start), at));
    }
    out += this.#shown(text.slice(at, length));
    this.#held = text.slice(length);
    for (const search of this.#searches) search.shift(length);
    return out;
  }

  #shown(text: string): string {
    if (text !== '') {
      this.#inMask = false;
      this.#indented = false;
    }
    return text;
  }

  #hidden(text: string): string {
    let out = '';
    let at = 0;
    for (const { 0: kept, index } of text.matchAll(KEPT)) {
      out += this.#mask(text.slice(at, index)) + kept;
      if (kept[0] === '\n' || kept[0] === '\r') {
        this.#inMask = false;
        this.#indented = true;
      }
      at = index + kept.length;
    }
    return out + this.#mask(text.slice(at));
  }

  /** The replacement for secret text within one line. Indentation is kept. */
  #mask(part: string): string {
    const blank = this.#indented ? (/^[ \t]+/.exec(part)?.[0] ?? '') : '';
    if (part.length === blank.length) return blank;
    this.#indented = false;
    const mask = this.#inMask ? '' : MASK;
    this.#inMask = true;
    return blank + mask;
  }
}

/** All intervals in ascending order, overlapping ones joined. */
function merged(lists: readonly Covers[]): [number, number][] {
  const all: [number, number][] = [];
  for (const list of lists) {
    for (let index = 0; index < list.length; index += 2) all.push([list[index] ?? 0, list[index + 1] ?? 0]);
  }
  if (all.length < 2) return all;
  all.sort(([a], [b]) => a - b);
  const result: [number, number][] = [];
  for (const [start, end] of all) {
    const last = result.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}
