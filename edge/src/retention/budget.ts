/** How much one run may ask of others. A Worker may make 1,000 requests of its own for each that it is sent. */
export class Budget {
  #left: number;

  constructor(requests = 600) {
    this.#left = requests;
  }

  /** Notes that about so many requests are made. */
  spend(requests: number): void {
    this.#left -= requests;
  }

  get isSpent(): boolean {
    return this.#left <= 0;
  }
}

/** About what removing parts of a deployment takes: marks, the release, storage, the object. */
export const REMOVAL_COSTS = 8;
