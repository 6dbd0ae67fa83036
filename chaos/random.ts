/** Reproducible randomness: the same seed gives the same sequence. */
import { createHash } from 'node:crypto';

export class Random {
  readonly #seed: string;
  #drawn = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** An independent sequence that further draws here do not affect. */
  fork(name: string): Random {
    return new Random(`${this.#seed}/${name}`);
  }

  /** From 0 to below 1. */
  fraction(): number {
    this.#drawn += 1;
    const digest = createHash('sha256').update(`${this.#seed}#${this.#drawn}`).digest();
    return digest.readUInt32BE(0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** True in this share of all cases. */
  chance(share: number): boolean {
    return this.fraction() < share;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    const one = list[this.int(0, list.length - 1)];
    if (one === undefined) throw new Error('Nothing to pick from');
    return one;
  }
}
