/** How many values an isolate remembers of a kind. */
const MOST = 20_000;

/** Values that never change, by their keys, as far as this isolate has read them. */
export class Remembered<Value> {
  readonly #values = new Map<string, Value>();

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  /** Gives the value. */
  keep(key: string, value: Value): Value {
    // Rarely reached, and everything can be read again.
    if (this.#values.size >= MOST) this.#values.clear();
    this.#values.set(key, value);
    return value;
  }

  forget(key: string): void {
    this.#values.delete(key);
  }

  /** The values of these keys that are there. `read` is asked for those that are not remembered, unless that is none. */
  async all(
    keys: readonly string[],
    read: (unknown: readonly string[]) => Promise<(readonly [string, Value])[]>,
  ): Promise<ReadonlyMap<string, Value>> {
    const found = new Map<string, Value>();
    const unknown: string[] = [];
    for (const key of keys) {
      const value = this.#values.get(key);
      if (value === undefined) unknown.push(key);
      else found.set(key, value);
    }
    if (unknown.length === 0) return found;
    for (const [key, value] of await read(unknown)) found.set(key, this.keep(key, value));
    return found;
  }
}
