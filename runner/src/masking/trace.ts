/** Normalized text: the bytes that are compared with secrets, and where each comes from. */

/** What lies between a byte and the one before it. */
export const GAP = {
  /** A line break in the text itself. */
  lineBreak: 1,
  /** A line break written as an escape, such as `\n`. */
  escapedBreak: 2,
  /** So much dropped text that no match continues. */
  barrier: 4,
} as const;

const FIRST_CAPACITY = 128;

/** Bytes in order, one column per fact. Positions are UTF-16 units; negative ones lie in text that was released. */
export class Trace {
  bytes = new Uint8Array(FIRST_CAPACITY);
  /** Where the text of a byte starts. */
  starts = new Int32Array(FIRST_CAPACITY);
  /** Where the text of a byte ends. */
  ends = new Int32Array(FIRST_CAPACITY);
  /** What lies before a byte, as a sum of GAP. */
  gaps = new Uint8Array(FIRST_CAPACITY);
  length = 0;

  add(byte: number, start: number, end: number, gap: number) {
    this.reserve(1);
    this.bytes[this.length] = byte;
    this.starts[this.length] = start;
    this.ends[this.length] = end;
    this.gaps[this.length] = gap;
    this.length += 1;
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number) {
    const wanted = this.length + count;
    if (wanted <= this.bytes.length) return;
    const capacity = Math.max(wanted, 2 * this.bytes.length);
    const { bytes, starts, ends, gaps } = this;
    this.bytes = new Uint8Array(capacity);
    this.starts = new Int32Array(capacity);
    this.ends = new Int32Array(capacity);
    this.gaps = new Uint8Array(capacity);
    this.bytes.set(bytes);
    this.starts.set(starts);
    this.ends.set(ends);
    this.gaps.set(gaps);
  }

  /** Removes the first `count` bytes. */
  drop(count: number) {
    if (count === 0) return;
    const { bytes, starts, ends, gaps, length } = this;
    for (const column of [bytes, starts, ends, gaps]) column.copyWithin(0, count, length);
    this.length -= count;
  }

  /** Moves the origin of all positions forward by `units`. */
  shift(units: number) {
    for (let index = 0; index < this.length; index += 1) {
      this.starts[index] = (this.starts[index] ?? 0) - units;
      this.ends[index] = (this.ends[index] ?? 0) - units;
    }
  }
}
