/** One direction of a connection: everything stays in order, but can be delayed. */

interface Item {
  readonly due: number;
  readonly deliver: () => void;
}

export class Lane {
  readonly #items: Item[] = [];
  #lastDue = 0;
  #stalledUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** Passes something on `delayMs` from now, but never before earlier items. */
  push(deliver: () => void, delayMs = 0): void {
    if (this.#closed) return;
    this.#lastDue = Math.max(this.#lastDue, performance.now() + delayMs);
    this.#items.push({ due: this.#lastDue, deliver });
    this.#run();
  }

  /** Holds everything back for so long; it all follows afterwards. */
  stall(forMs: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, performance.now() + forMs);
    this.#run();
  }

  /** Drops everything in flight. */
  close(): void {
    this.#closed = true;
    this.#items.length = 0;
    clearTimeout(this.#timer);
  }

  #run(): void {
    clearTimeout(this.#timer);
    for (let next = this.#items[0]; next !== undefined; next = this.#items[0]) {
      const wait = Math.max(next.due, this.#stalledUntil) - performance.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#run(), wait);
        return;
      }
      this.#items.shift();
      next.deliver();
    }
  }
}
