/**
 * Hides the values of an app's variables in its log. A site can always print a value in a form that nothing recognizes, so
 * this protects from accidents: the value itself, and the forms in which programs print it. Pure.
 */
import { clean, cut } from './line-text.ts';

/** What is shown in place of a value. */
export const MASK = '***';

/** Shorter values, such as "true" and "3000", are found everywhere and are no secrets. */
const SHORTEST = 6;

/** Lines of a value of several lines are hidden, too, from this length on. */
const SHORTEST_LINE = 12;

/** Longer values are hidden in pieces of this length. */
const PIECE = 4 * 1024;

/**
 * Of a longer text, this many characters at its beginning are looked for: V8 looks at 250 at most when it decides how far to
 * move on, and beyond compares all of a text at each place of a line in which it nearly occurs.
 */
const BEGINNING = 240;

/** How often a line may have the beginning of a value without the rest. Then all from there on is hidden. */
const MOST_BEGINNINGS = 16;

/** More of a line is not looked at: masking only shortens it below what is kept anyway if it consists of secrets. */
const MOST_LOOKED_AT = 64 * 1024;

export class Mask {
  readonly #needles: readonly string[];
  readonly #longest: number;

  /** `values`: what to hide. */
  constructor(values: readonly string[]) {
    // The longest first: one value may be a part of another.
    this.#needles = [...new Set(values.flatMap(formsOf))].sort((a, b) => b.length - a.length);
    this.#longest = this.#needles[0]?.length ?? 0;
  }

  /** A line as it is stored: cleaned, masked, and cut to `maxBytes`. */
  line(raw: string, maxBytes?: number): string {
    const isLonger = raw.length > MOST_LOOKED_AT;
    // A value that the border cuts in two would not be found, and could come into what is kept.
    const looked = clean(isLonger ? raw.slice(0, MOST_LOOKED_AT) : raw);
    const masked = this.#hide(looked);
    const safe = isLonger ? masked.slice(0, Math.max(0, masked.length - this.#longest)) : masked;
    return cut(isLonger ? `${safe}…` : safe, maxBytes);
  }

  #hide(text: string): string {
    let hidden = text;
    for (const needle of this.#needles) hidden = hide(hidden, needle);
    return hidden;
  }
}

function hide(text: string, needle: string): string {
  const beginning = needle.slice(0, BEGINNING);
  let at = text.indexOf(beginning);
  if (at === -1) return text;
  if (beginning === needle) return text.replaceAll(needle, MASK);
  let hidden = '';
  let rest = 0;
  let others = 0;
  let firstOther = -1;
  while (at !== -1) {
    if (text.startsWith(needle, at)) {
      hidden += text.slice(rest, at) + MASK;
      rest = at + needle.length;
      firstOther = -1;
      at = text.indexOf(beginning, rest);
    } else {
      others += 1;
      if (firstOther === -1) firstOther = at;
      if (others > MOST_BEGINNINGS) return hidden + text.slice(rest, firstOther) + MASK;
      at = text.indexOf(beginning, at + 1);
    }
  }
  return hidden + text.slice(rest);
}

function formsOf(value: string): string[] {
  if (value.length > PIECE) return [...formsOf(value.slice(0, PIECE)), ...formsOf(value.slice(PIECE))];
  const text = clean(value).trim();
  if (text.length < SHORTEST) return [];
  const lines = text.includes('\n') ? text.split('\n').map((line) => line.trim()) : [];
  const json = JSON.stringify(text).slice(1, -1);
  return [
    text,
    json,
    JSON.stringify(json).slice(1, -1),
    encodeURIComponent(text),
    new URLSearchParams({ v: text }).toString().slice(2),
    ...base64Of(value),
    ...lines.filter((line) => line.length >= SHORTEST_LINE),
  ].filter((form) => form.length >= SHORTEST);
}

/** What every base64 of a text with this value in it contains, at each of the three places at which it may begin. */
function base64Of(value: string): string[] {
  const bytes = new TextEncoder().encode(value.toWellFormed());
  return [0, 1, 2].flatMap((before) => {
    const padded = new Uint8Array(before + bytes.length);
    padded.set(bytes, before);
    const text = btoa(Array.from(padded, (byte) => String.fromCharCode(byte)).join(''));
    // Characters at the ends depend on the bytes beside the value.
    const from = Math.ceil((before * 8) / 6);
    const to = Math.floor((padded.length * 8) / 6);
    const certain = text.slice(from, to);
    return [certain, certain.replaceAll('+', '-').replaceAll('/', '_')].filter(
      (form) => form.length >= SHORTEST + 2,
    );
  });
}
