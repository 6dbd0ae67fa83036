/**
 * Sends what was seen of the servers in this isolate to the control plane: soon after something happens, and then every
 * few seconds at most while more does. A request costs no write of its own.
 */
import type { RuntimeBatch, RuntimeEvent, RuntimeSubject } from '@appflux/protocol';
import { journal } from '../../../journal.ts';
import { RuntimeBuffer } from './buffer.ts';

/** The time between two batches, in milliseconds, and how soon the first one after a pause is sent. */
const EVERY_MS = 5_000;
const SOON_MS = 250;

/** A request that was to send is not waited for longer: the platform may have ended it. */
const LOST_AFTER_MS = 35_000;

/** Pauses before a batch is sent again that didn't arrive, in milliseconds: as long as the control plane restarts. */
const AGAIN_AFTER_MS: readonly number[] = [1_000, 2_000, 4_000, 8_000];

/** What keeps running after an answer. */
export type Background = Pick<ExecutionContext, 'waitUntil'>;

export interface RecorderOptions {
  /** Sends a batch; throws if it did not arrive. */
  readonly send: (batch: RuntimeBatch) => Promise<void>;
  readonly now?: () => number;
  readonly pause?: (milliseconds: number) => Promise<unknown>;
}

export class Recorder {
  readonly #buffer = new RuntimeBuffer();
  readonly #send: RecorderOptions['send'];
  readonly #now: () => number;
  readonly #pause: (milliseconds: number) => Promise<unknown>;
  #sendingSince: number | null = null;
  #sentAt = 0;

  constructor({
    send,
    now = Date.now,
    pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  }: RecorderOptions) {
    this.#send = send;
    this.#now = now;
    this.#pause = pause;
  }

  /** Notes lines of a site's log, and how many more are missing. */
  log(subject: RuntimeSubject, events: readonly RuntimeEvent[], ctx: Background, dropped = 0): void {
    this.#buffer.log(subject, events, dropped, this.#now());
    this.#sendSoon(ctx);
  }

  /** Counts a request: its status, or null if it had no answer, and how long it took until the answer began. */
  count(subject: RuntimeSubject, status: number | null, durationMs: number, ctx: Background): void {
    this.#buffer.count(subject, { isError: status === null || status >= 500, durationMs }, this.#now());
    this.#sendSoon(ctx);
  }

  /** Adds CPU time, in milliseconds. */
  spend(subject: RuntimeSubject, cpuMs: number, ctx: Background): void {
    this.#buffer.spend(subject, cpuMs, this.#now());
    this.#sendSoon(ctx);
  }

  #sendSoon(ctx: Background): void {
    const now = this.#now();
    if (this.#buffer.isEmpty) return;
    if (this.#sendingSince !== null && Math.abs(now - this.#sendingSince) < LOST_AFTER_MS) return;
    this.#sendingSince = now;
    const wait = Math.min(EVERY_MS, Math.max(SOON_MS, this.#sentAt + EVERY_MS - now));
    ctx.waitUntil(this.#sendAfter(wait));
  }

  async #sendAfter(wait: number): Promise<void> {
    await this.#pause(wait);
    try {
      for (let entries = this.#take(); entries.length > 0; entries = this.#take()) {
        await this.#deliver({ id: crypto.randomUUID(), entries });
      }
    } finally {
      this.#sentAt = this.#now();
      this.#sendingSince = null;
    }
  }

  #take(): RuntimeBatch['entries'] {
    return this.#buffer.take(this.#now());
  }

  async #deliver(batch: RuntimeBatch): Promise<void> {
    for (const pause of [...AGAIN_AFTER_MS, null]) {
      try {
        await this.#send(batch);
        return;
      } catch (error) {
        if (pause === null) {
          // What is lost is some lines and counts; a site must not use up memory while the control plane is away.
          journal.error('the control plane did not take what was seen of servers, which is lost', error);
          return;
        }
      }
      await this.#pause(pause);
    }
  }
}
