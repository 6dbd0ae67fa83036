/**
 * What an object does that reaches out of it: tried again until it is done. A chore is noted in the transaction that
 * makes it necessary, begun at once, and comes up again by its timer if the object goes away in between.
 */

import { journal } from '../journal.ts';
import { limitedSql } from '../limits/sql.ts';
import { type Chore, Timers } from './timers.ts';

/**
 * A chore that was begun at once is looked at again after this long. As long as a lease: the alarm that waits for the
 * lease serves it as well, and an alarm costs.
 */
const BACKUP_MS = 30_000;

/** The job is offered again sooner: somebody waits for it, and no lease has an alarm yet. */
const OFFER_BACKUP_MS = 5_000;

export interface ChoresOptions {
  /** For the Worker's log. */
  readonly name: () => string;
  /** `unconfirmed`: it was done, and somebody's word that it has arrived is waited for (`drop`). */
  readonly perform: (chore: Chore) => Promise<'done' | 'unconfirmed'>;
  /** A chore was done or put off: what is due next may have changed. */
  readonly onChange: () => void;
}

export class Chores {
  readonly #timers: Timers;
  readonly #ctx: DurableObjectState;
  readonly #options: ChoresOptions;
  /** Chores under way, and whether they were asked for once more meanwhile. */
  readonly #doing = new Map<Chore, { again: boolean; over: Promise<void> }>();
  #over = false;

  constructor(ctx: DurableObjectState, options: ChoresOptions) {
    this.#timers = new Timers(limitedSql(ctx.storage.sql));
    this.#ctx = ctx;
    this.#options = options;
  }

  /** The chore is to be done; call it in the transaction that makes it so, and `begin` after that. */
  note(chore: Chore, now: number): void {
    this.#timers.set(chore, now + (chore === 'offer' ? OFFER_BACKUP_MS : BACKUP_MS));
  }

  /** The chore is not to be done any more. */
  drop(chore: Chore): void {
    this.#timers.clear(chore);
  }

  /** Does a chore in the background; its timer stands behind it. */
  begin(chore: Chore): void {
    this.#ctx.waitUntil(this.do(chore));
  }

  /**
   * Does a chore now, and once more if it is asked for meanwhile: what made it necessary again may have happened after
   * it looked. A failure is written to the Worker's log and the chore comes up again.
   */
  async do(chore: Chore): Promise<void> {
    if (this.#over) return;
    const underWay = this.#doing.get(chore);
    if (underWay !== undefined) {
      underWay.again = true;
      return;
    }
    const over = Promise.withResolvers<void>();
    const doing = { again: false, over: over.promise };
    this.#doing.set(chore, doing);
    try {
      let outcome: 'done' | 'unconfirmed';
      do {
        doing.again = false;
        outcome = await this.#options.perform(chore);
      } while (doing.again && !this.#over);
      if (this.#over) return;
      if (outcome === 'done') this.#timers.clear(chore);
      else this.#timers.postpone(chore, Date.now());
    } catch (error) {
      if (this.#over) return;
      journal.error(`${this.#options.name()}: ${chore} failed and will be tried again`, error);
      this.#timers.retry(chore, Date.now());
    } finally {
      this.#doing.delete(chore);
      over.resolve();
      if (!this.#over) this.#options.onChange();
    }
  }

  /** Does everything that is due by now. */
  async doDue(now: number): Promise<void> {
    for (const chore of this.#timers.due(now)) await this.do(chore);
  }

  /** When the next chore is due; null when there is none. */
  next(): number | null {
    return this.#timers.next();
  }

  /**
   * The object is being removed, and the timers' table with it: nothing is begun any more, and what is under way notes
   * nothing. Resolves when that has ended, so that what it reaches out to can be undone.
   */
  async end(): Promise<void> {
    this.#over = true;
    await Promise.all([...this.#doing.values()].map(({ over }) => over));
  }
}
