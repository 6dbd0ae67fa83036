/** One direction of a connection: what goes in comes out in order, but late, if that is asked for. */

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

  /** Lets something through `delayMs` from now, but never before what came earlier. */
  push(deliver: () => void, delayMs = 0): void {
    if (this.#closed) return;
    this.#lastDue = Math.max(this.#lastDue, performance.now() + delayMs);
    this.#items.push({ due: this.#lastDue, deliver });
    this.#run();
  }

  /** Lets nothing through for so long; it all comes afterwards. */
  stall(forMs: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, performance.now() + forMs);
    this.#run();
  }

  /** Drops what is on its way. */
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
