/** An index of byte strings that finds those which start at a given byte. */
import { GAP, type Trace } from './trace.ts';

/** Needles are indexed by their first KEY bytes. Shorter ones are ignored. */
export const KEY = 4;
const TABLE_BITS = 16;

/** Shorter needles don't match across a line break: too many lines end and start like that by chance. */
const LONG_ENOUGH_TO_BREAK = 8;

/** Longer needles are matched in pieces of this many bytes. */
const PIECE_LENGTH = 512;

interface Needle {
  readonly bytes: Uint8Array;
  /** The gaps it may match across, as a sum of GAP. */
  readonly crosses: number;
}

/** Four bytes as one number. */
const keyAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 24) |
  ((bytes[at + 1] ?? 0) << 16) |
  ((bytes[at + 2] ?? 0) << 8) |
  (bytes[at + 3] ?? 0);

/** The index of a key in the filter table. Different keys may share one. */
const slot = (key: number): number => Math.imul(key, 0x9e3779b1) >>> (32 - TABLE_BITS);

/** Fewer than KEY bytes, and how many they are, as one number. */
function shortKey(bytes: Uint8Array, from: number, to: number): number {
  let key = to - from;
  for (let at = from; at < to; at += 1) key = key * 256 + (bytes[at] ?? 0);
  return key;
}

/** The length in bytes of the longest needle, or `incomplete` if more text may complete one or a longer one. */
export type Found = 'none' | 'incomplete' | number;

export class Needles {
  readonly #byKey = new Map<number, Needle[]>();
  /** Excludes most keys without a lookup in the map. */
  readonly #filter = new Uint8Array(1 << TABLE_BITS);
  /** The first one, two and three bytes of every needle. */
  readonly #beginnings = new Set<number>();

  constructor(needles: Iterable<Trace>) {
    const known = new Set<string>();
    for (const needle of needles) {
      for (const piece of piecesOf(needle)) {
        const text = `${piece.crosses} ${Buffer.from(piece.bytes).toString('latin1')}`;
        if (!known.has(text)) this.#add(piece);
        known.add(text);
      }
    }
    for (const list of this.#byKey.values()) list.sort((a, b) => b.bytes.length - a.bytes.length);
  }

  get empty(): boolean {
    return this.#byKey.size === 0;
  }

  /** The first index from `from` on where a needle may start. The last three bytes always count as such. */
  next(trace: Trace, from: number): number {
    const { bytes } = trace;
    const last = trace.length - KEY;
    if (from > last) return from;
    let key = keyAt(bytes, from);
    for (let at = from; ; ) {
      if (this.#filter[slot(key)] === 1 && this.#byKey.has(key)) return at;
      at += 1;
      if (at > last) return at;
      key = (key << 8) | (bytes[at + KEY - 1] ?? 0);
    }
  }

  /**
   * What starts at index `at`.
   * @param after the gaps after the last byte, as a sum of GAP; null if no match can continue there
   */
  find(trace: Trace, at: number, after: number | null): Found {
    const rest = trace.length - at;
    if (rest < KEY) {
      const begins = this.#beginnings.has(shortKey(trace.bytes, at, trace.length));
      return begins && after !== null ? 'incomplete' : 'none';
    }
    const list = this.#byKey.get(keyAt(trace.bytes, at)) ?? [];
    for (const { bytes, crosses } of list) {
      const length = Math.min(rest, bytes.length);
      if (!isEqual(trace, at, bytes, length) || !canCross(trace, at, length, crosses)) continue;
      if (bytes.length <= rest) return bytes.length;
      if (after !== null && (after & ~crosses) === 0) return 'incomplete';
    }
    return 'none';
  }

  #add(needle: Needle) {
    const { bytes } = needle;
    const key = keyAt(bytes, 0);
    const list = this.#byKey.get(key);
    if (list === undefined) this.#byKey.set(key, [needle]);
    else list.push(needle);
    this.#filter[slot(key)] = 1;
    for (let length = 1; length < KEY; length += 1) this.#beginnings.add(shortKey(bytes, 0, length));
  }
}

/** Compares from the byte after the key on. */
function isEqual(trace: Trace, at: number, needle: Uint8Array, length: number): boolean {
  for (let index = KEY; index < length; index += 1) {
    if (trace.bytes[at + index] !== needle[index]) return false;
  }
  return true;
}

function canCross(trace: Trace, at: number, length: number, crosses: number): boolean {
  for (let index = at + 1; index < at + length; index += 1) {
    if (((trace.gaps[index] ?? 0) & ~crosses) !== 0) return false;
  }
  return true;
}

/** A needle in pieces. A last piece that would be short is extended to the left. */
function piecesOf(needle: Trace): Needle[] {
  const { length } = needle;
  const pieces: Needle[] = [];
  // They overlap by what may stay visible of each before a line break (search.ts).
  for (let start = 0; start < length; start += PIECE_LENGTH - KEY) {
    const from = length - start < PIECE_LENGTH / 2 ? Math.max(0, length - PIECE_LENGTH) : start;
    const to = Math.min(length, from + PIECE_LENGTH);
    if (to - from >= KEY) pieces.push(pieceOf(needle, from, to));
  }
  return pieces;
}

function pieceOf({ bytes, gaps }: Trace, from: number, to: number): Needle {
  const hasBreak = gaps.subarray(from + 1, to).some((gap) => gap !== 0);
  const isLong = to - from >= LONG_ENOUGH_TO_BREAK;
  return {
    bytes: bytes.slice(from, to),
    crosses: (isLong ? GAP.lineBreak : 0) | (isLong || hasBreak ? GAP.escapedBreak : 0),
  };
}
