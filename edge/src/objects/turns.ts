/** Work that must not overlap: each piece begins when the one before it has ended, whether that succeeded or not. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Does `work` in its turn. Gives what it gives, or throws what it throws. */
  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work, work);
    // The caller gets the error; the next one only waits.
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
