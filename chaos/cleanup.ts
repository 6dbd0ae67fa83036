/** Everything that a run has started and must end in any case. */

/** Things that are undone at the end, in reverse order. */
export class Cleanup {
  readonly #steps: (() => Promise<unknown>)[] = [];

  /** Registers how a thing is undone; returns the thing. */
  add<T>(thing: T, undo: (thing: T) => Promise<unknown>): T {
    this.#steps.unshift(() => undo(thing));
    return thing;
  }

  /** Undoes everything; a failure does not prevent the rest. Throws an AggregateError of the failures. */
  async run(): Promise<void> {
    const failed: unknown[] = [];
    for (const step of this.#steps) await step().catch((error: unknown) => failed.push(error));
    if (failed.length > 0) throw new AggregateError(failed, 'The cleanup was incomplete');
  }
}
