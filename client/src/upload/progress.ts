/** The speed is that of so many last milliseconds: long enough to be steady, short enough to show a stall. */
const WINDOW_MS = 4000;

interface Sample {
  readonly at: number;
  readonly loaded: number;
}

/** How far a transfer of several parts is, and its speed. Times are milliseconds of any clock. */
export class TransferProgress {
  readonly total: number;
  readonly #parts = new Map<number, number>();
  #samples: Sample[] = [];

  /** Takes the total size in bytes. */
  constructor(total: number) {
    this.total = total;
  }

  /** Records how many bytes of a part were sent: fewer than before if the part is sent again. */
  set(part: number, loaded: number, now: number): void {
    this.#parts.set(part, loaded);
    this.#samples = [
      ...this.#samples.filter(({ at }) => now - at <= WINDOW_MS),
      { at: now, loaded: this.loaded },
    ];
  }

  /** Bytes that were sent. */
  get loaded(): number {
    let sum = 0;
    for (const loaded of this.#parts.values()) sum += loaded;
    return Math.min(sum, this.total);
  }

  /** From 0 to 1. */
  get fraction(): number {
    return this.total === 0 ? 1 : this.loaded / this.total;
  }

  /** Bytes per second; 0 if nothing moves or not enough is known. */
  speed(now: number): number {
    const recent = this.#samples.filter(({ at }) => now - at <= WINDOW_MS);
    const first = recent[0];
    const last = recent.at(-1);
    if (!first || !last || last.at - first.at < 250) return 0;
    return Math.max(0, ((last.loaded - first.loaded) / (now - first.at)) * 1000);
  }

  /** Seconds until the end at this speed; null if that can't be computed. */
  secondsLeft(now: number): number | null {
    const speed = this.speed(now);
    return speed === 0 ? null : (this.total - this.loaded) / speed;
  }
}
