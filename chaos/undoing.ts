/** What a run has begun and has to end, whatever happens. */

/** Things that are undone at the end, the last one first. */
export class Undoing {
  readonly #steps: (() => Promise<unknown>)[] = [];

  /** Keeps how a thing is undone; gives the thing. */
  add<T>(thing: T, undo: (thing: T) => Promise<unknown>): T {
    this.#steps.unshift(() => undo(thing));
    return thing;
  }

  /** Undoes everything; what fails does not keep the rest from it. Throws an AggregateError of what failed. */
  async run(): Promise<void> {
    const failed: unknown[] = [];
    for (const step of this.#steps) await step().catch((error: unknown) => failed.push(error));
    if (failed.length > 0) throw new AggregateError(failed, 'Not everything could be cleared away');
  }
}
