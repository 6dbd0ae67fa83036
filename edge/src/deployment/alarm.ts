/**
 * The one alarm that an object has. Setting it is billed as a row, so it is set only when something is due before it
 * rings anyway; whoever is woken sees what is due and asks again for the rest.
 */
export class Alarm {
  readonly #storage: DurableObjectStorage;
  #ringsAt: number | null = null;

  constructor(ctx: DurableObjectState) {
    this.#storage = ctx.storage;
    void ctx.blockConcurrencyWhile(async () => {
      this.#ringsAt = await ctx.storage.getAlarm();
    });
  }

  /** It has rung, and is not set any more. */
  rang(): void {
    this.#ringsAt = null;
  }

  /** It rings at `time` (Unix milliseconds) at the latest; null asks for nothing. */
  ringBy(time: number | null): void {
    if (time === null || (this.#ringsAt !== null && this.#ringsAt <= time)) return;
    this.#ringsAt = Math.max(time, Date.now() + 1);
    void this.#storage.setAlarm(this.#ringsAt);
  }

  /** It does not ring any more. */
  async clear(): Promise<void> {
    this.#ringsAt = null;
    await this.#storage.deleteAlarm();
  }
}
