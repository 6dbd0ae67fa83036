/** An index of secrets that finds, at any place of a text, the longest one that begins there. */
import { MIN_SECRET_LENGTH, secretForms } from './forms.ts';

/** Needles are found by their first KEY units, which every needle has. */
const KEY = MIN_SECRET_LENGTH;
const TABLE_BITS = 16;

/** Places the four units from `at` in a table of 2^16. Only a filter: equal places need not mean equal units. */
const slot = (text: string, at: number): number => {
  const units =
    text.charCodeAt(at) * 0x9e3779b1 +
    text.charCodeAt(at + 1) * 0x85ebca6b +
    text.charCodeAt(at + 2) * 0xc2b2ae35 +
    text.charCodeAt(at + 3) * 0x27d4eb2f;
  return (units ^ (units / 0x10000)) & ((1 << TABLE_BITS) - 1);
};

/** The secrets of one attempt in all the forms in which they might show. */
export class Secrets {
  readonly #byKey = new Map<string, string[]>();
  readonly #filter = new Uint8Array(1 << TABLE_BITS);
  /** Beginnings too short for a key, to know what has to be held back. */
  readonly #beginnings = new Set<string>();

  /** @param values the secrets as they are; short ones are passed over (see MIN_SECRET_LENGTH) */
  constructor(values: Iterable<string>) {
    for (const needle of secretForms(values)) {
      const key = needle.slice(0, KEY);
      const known = this.#byKey.get(key);
      if (known === undefined) this.#byKey.set(key, [needle]);
      else known.push(needle);
      this.#filter[slot(needle, 0)] = 1;
      for (let length = 1; length < KEY; length += 1) this.#beginnings.add(needle.slice(0, length));
    }
    for (const needles of this.#byKey.values()) needles.sort((a, b) => b.length - a.length);
  }

  get empty(): boolean {
    return this.#byKey.size === 0;
  }

  /** The length of the longest secret that stands at `at`, or 0. */
  matchAt(text: string, at: number): number {
    const needles = this.#candidates(text, at);
    return needles?.find((needle) => text.startsWith(needle, at))?.length ?? 0;
  }

  /** Whether the text from `at` to its end could go on to become a secret, or a longer one. */
  mayBeginAt(text: string, at: number): boolean {
    const rest = text.length - at;
    if (rest < KEY) return this.#beginnings.has(text.slice(at));
    const needles = this.#candidates(text, at);
    if (needles === undefined) return false;
    const tail = text.slice(at);
    return needles.some((needle) => needle.length > rest && needle.startsWith(tail));
  }

  #candidates(text: string, at: number): string[] | undefined {
    if (at + KEY > text.length || this.#filter[slot(text, at)] === 0) return undefined;
    return this.#byKey.get(text.slice(at, at + KEY));
  }
}
