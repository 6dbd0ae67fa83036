/** Reads the output of `git cat-file --batch`, piece by piece, and keeps only the beginning of each object. */

const LINE_END = 0x0a;

export class BatchReader {
  readonly #most: readonly number[];
  readonly #onText: (index: number, text: string) => boolean;
  #index = 0;
  /** The line before an object, as far as it has come; null inside an object. */
  #head: Buffer | null = Buffer.alloc(0);
  #kept: Buffer[] = [];
  #keptBytes = 0;
  /** Bytes of the object that are still to come, with the line end after it. */
  #left = 0;

  /**
   * @param most how many bytes of each object are kept, in the order in which they were asked for
   * @param onText takes the text of an object, without a byte order mark; gives false if no more is wanted
   */
  constructor(most: readonly number[], onText: (index: number, text: string) => boolean) {
    this.#most = most;
    this.#onText = onText;
  }

  /** Takes a piece of the output. Gives false if no more is wanted. */
  push(chunk: Buffer): boolean {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#head === null) {
        const taken = rest.subarray(0, this.#left);
        this.#keep(taken);
        this.#left -= taken.length;
        rest = rest.subarray(taken.length);
        if (this.#left === 0 && !this.#finish()) return false;
        continue;
      }
      const end = rest.indexOf(LINE_END);
      this.#head = Buffer.concat([this.#head, end === -1 ? rest : rest.subarray(0, end)]);
      if (end === -1) return true;
      this.#begin(this.#head.toString('utf8'));
      rest = rest.subarray(end + 1);
    }
    return true;
  }

  /** `<object> blob <size>`; an object that is missing has no content. */
  #begin(head: string): void {
    const size = / blob (\d+)$/.exec(head)?.[1];
    if (size === undefined) {
      this.#head = Buffer.alloc(0);
      this.#index += 1;
      return;
    }
    this.#head = null;
    this.#left = Number(size) + 1;
  }

  #keep(bytes: Buffer): void {
    // The last byte is the line end after the object.
    const content = bytes.length === this.#left ? bytes.subarray(0, -1) : bytes;
    const room = (this.#most[this.#index] ?? 0) - this.#keptBytes;
    const kept = content.subarray(0, Math.max(0, room));
    this.#kept.push(Buffer.from(kept));
    this.#keptBytes += kept.length;
  }

  #finish(): boolean {
    const text = Buffer.concat(this.#kept)
      .toString('utf8')
      .replace(/^\u{FEFF}/u, '');
    const isWanted = this.#onText(this.#index, text);
    this.#head = Buffer.alloc(0);
    this.#kept = [];
    this.#keptBytes = 0;
    this.#index += 1;
    return isWanted;
  }
}
