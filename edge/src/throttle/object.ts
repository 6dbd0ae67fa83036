/**
 * The Durable Object that counts tries of one thing by one party: an object for each e-mail address, user or client
 * address that signs in. One place for each, so that tries at the same time are counted one after the other.
 */
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import { countTry, type Limit, type Tries } from './limit.ts';

const TRIES = 'tries';

export class ThrottleObject extends DurableObject<Env> {
  /** Counts a try. Gives in how many milliseconds to ask again; 0 when it is allowed. */
  async count(limit: Limit): Promise<number> {
    const now = Date.now();
    const before = this.ctx.storage.kv.get<Tries>(TRIES) ?? null;
    const { tries, retryAfterMs } = countTry(before, limit, now);
    if (retryAfterMs === 0) {
      this.ctx.storage.kv.put(TRIES, tries);
      // Nothing stays of an object whose window is over.
      if (tries.count === 1) await this.ctx.storage.setAlarm(tries.since + limit.windowMs);
    }
    return retryAfterMs;
  }

  /** Forgets what was counted. */
  async forget(): Promise<void> {
    this.ctx.storage.kv.delete(TRIES);
    await this.ctx.storage.deleteAlarm();
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }
}
