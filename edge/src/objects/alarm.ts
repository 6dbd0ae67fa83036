/**
 * The one alarm that an object has. Setting it is billed as a row, so it is set only when something is due before it
 * rings anyway; when it rings, the object looks at what is due and asks again for the rest.
 *
 * The platform tries an alarm whose handler throws six more times, within about two minutes, and then drops it. So
 * `run` never throws, and an object finds out by `onOpen` that it was dropped all the same: its constructor may have
 * failed as often.
 */
import { journal } from '../journal.ts';

/** After something has failed, all is tried again after this long, in milliseconds: twice as long each time, up to the most. */
const AGAIN_MS = 5_000;
const MOST_AGAIN_MS = 60_000;

export interface AlarmOptions {
  /** For the Worker's log. */
  readonly name: () => string;
  /** The object is open and it is known whether the alarm is set. */
  readonly onOpen?: () => void;
  /** Called when it has rung and everything was tried. It never throws. */
  readonly afterRun?: () => Promise<void>;
}

export class Alarm {
  readonly #storage: DurableObjectStorage;
  readonly #name: AlarmOptions['name'];
  readonly #afterRun: () => Promise<void>;
  #ringsAt: number | null = null;
  /** How often in a row something has failed, and until when it is therefore not tried again. */
  #failures = 0;
  #notBefore = 0;

  constructor(ctx: DurableObjectState, { name, onOpen, afterRun }: AlarmOptions) {
    this.#storage = ctx.storage;
    this.#name = name;
    this.#afterRun = afterRun ?? (async () => undefined);
    void ctx.blockConcurrencyWhile(async () => {
      this.#ringsAt = await ctx.storage.getAlarm();
      try {
        onOpen?.();
      } catch (error) {
        // An object whose constructor throws cannot be used at all; what is due is looked at again later.
        journal.error(`${name()}: looking at what is due failed`, error);
      }
    });
  }

  /** Whether it is set. */
  get isSet(): boolean {
    return this.#ringsAt !== null;
  }

  /**
   * Does what the alarm rang for. A step that throws does not keep the others from running: it is written to the
   * Worker's log, and the alarm rings again. The last step is to set the alarm for what is due later.
   */
  async run(steps: readonly (() => unknown)[]): Promise<void> {
    this.#ringsAt = null;
    this.#notBefore = 0;
    let failed = false;
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        failed = true;
        journal.error(`${this.#name()}: its alarm could not do everything and will ring again`, error, {
          // Its first word is the kind of object.
          source: `object ${this.#name().split(' ')[0]}`,
        });
      }
    }
    this.#failures = failed ? this.#failures + 1 : 0;
    await this.#afterRun();
    if (!failed) return;
    // What has failed is still due, so a step may have asked for the alarm immediately, which would never end.
    this.#ringsAt = null;
    this.#notBefore = Date.now() + Math.min(MOST_AGAIN_MS, AGAIN_MS * 2 ** (this.#failures - 1));
    this.ringBy(this.#notBefore);
  }

  /** It rings at `time` (Unix milliseconds) at the latest; null asks for nothing. */
  ringBy(time: number | null): void {
    if (time === null) return;
    const now = Date.now();
    // A clock that was set back must not keep it from ringing.
    const notBefore = Math.min(this.#notBefore, now + MOST_AGAIN_MS);
    const at = Math.max(time, now + 1, notBefore);
    if (this.#ringsAt !== null && this.#ringsAt <= at) return;
    this.#ringsAt = at;
    void this.#storage.setAlarm(this.#ringsAt);
  }

  /** It does not ring any more. */
  async clear(): Promise<void> {
    this.#ringsAt = null;
    await this.#storage.deleteAlarm();
  }
}
