/** Values in memory up to a total weight. Those that were not used for the longest time go first. */
export class LeastRecent<Value> {
  readonly #most: number;
  readonly #values = new Map<string, { value: Value; weight: number }>();
  #weight = 0;

  /** `most`: the total weight, such as bytes. */
  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): Value | undefined {
    const found = this.#values.get(key);
    if (found === undefined) return undefined;
    // A Map keeps the order of insertion.
    this.#values.delete(key);
    this.#values.set(key, found);
    return found.value;
  }

  /** Keeps a value. One that is heavier than everything else together may be is kept alone. */
  set(key: string, value: Value, weight: number): void {
    this.delete(key);
    this.#values.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#values.keys()) {
      if (this.#weight <= this.#most || oldest === key) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#weight -= this.#values.get(key)?.weight ?? 0;
    this.#values.delete(key);
  }

  /** Of all values. */
  get weight(): number {
    return this.#weight;
  }
}

/** Runs what is asked for at the same time under one key once. */
export class Once<Value> {
  readonly #running = new Map<string, Promise<Value>>();

  /**
   * The result of `run`, or of the one that runs. `keepAlive` keeps it going when the caller's visitor leaves, because
   * others may be waiting.
   */
  do(key: string, run: () => Promise<Value>, keepAlive: (running: Promise<unknown>) => void): Promise<Value> {
    const known = this.#running.get(key);
    if (known !== undefined) return known;
    const running = run().finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    // Who asked gets the error.
    keepAlive(running.catch(() => undefined));
    return running;
  }
}
