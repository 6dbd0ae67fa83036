/** The folders of ended attempts, which are removed while their slots are used again. */

/** So many removals may be pending when a slot is freed. */
const MOST_PENDING = 4;

export class FolderRemovals {
  readonly #isDiskFull: () => Promise<boolean>;
  readonly #pending = new Set<Promise<void>>();

  /** @param isDiskFull whether builds have too little space on the disk of these folders */
  constructor(isDiskFull: () => Promise<boolean>) {
    this.#isDiskFull = isDiskFull;
  }

  /**
   * Begins a removal, which never rejects, and resolves when its attempt's slot may be freed: not while too many are
   * pending, and on a full disk not before this one is done. The next build would run short of what ended ones still take.
   */
  async begin(remove: () => Promise<void>): Promise<void> {
    const removal: Promise<void> = remove().finally(() => this.#pending.delete(removal));
    this.#pending.add(removal);
    while (this.#pending.size > MOST_PENDING) await Promise.race(this.#pending);
    // A disk that can't be looked at counts as full.
    if (await this.#isDiskFull().catch(() => true)) await removal;
  }

  /** Resolves when nothing is left to remove. */
  async ended(): Promise<void> {
    await Promise.all(this.#pending);
  }
}
