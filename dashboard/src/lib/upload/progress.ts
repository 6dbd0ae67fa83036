/** How far back the speed looks, in milliseconds: long enough to be calm, short enough to tell of a stall. */
const WINDOW_MS = 4000;

interface Sample {
  readonly at: number;
  readonly loaded: number;
}

/** How far a transfer of several parts is, and how fast it goes. Moments are milliseconds of any clock. */
export class TransferProgress {
  readonly total: number;
  readonly #parts = new Map<number, number>();
  #samples: Sample[] = [];

  /** Takes the size of the whole in bytes. */
  constructor(total: number) {
    this.total = total;
  }

  /** Notes that so many bytes of a part are through; fewer than before when the part began again. */
  set(part: number, loaded: number, now: number): void {
    this.#parts.set(part, loaded);
    this.#samples = [
      ...this.#samples.filter(({ at }) => now - at <= WINDOW_MS),
      { at: now, loaded: this.loaded },
    ];
  }

  /** Bytes that are through. */
  get loaded(): number {
    let sum = 0;
    for (const loaded of this.#parts.values()) sum += loaded;
    return Math.min(sum, this.total);
  }

  /** From 0 to 1. */
  get fraction(): number {
    return this.total === 0 ? 1 : this.loaded / this.total;
  }

  /** Bytes a second of late; 0 when nothing moves or too little is known. */
  speed(now: number): number {
    const recent = this.#samples.filter(({ at }) => now - at <= WINDOW_MS);
    const first = recent[0];
    const last = recent.at(-1);
    if (!first || !last || last.at - first.at < 250) return 0;
    return Math.max(0, ((last.loaded - first.loaded) / (now - first.at)) * 1000);
  }

  /** Seconds until the end at this speed; null while that cannot be said. */
  secondsLeft(now: number): number | null {
    const speed = this.speed(now);
    return speed === 0 ? null : (this.total - this.loaded) / speed;
  }
}
