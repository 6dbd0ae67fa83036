/**
 * Many timers on the one alarm that an object has: a small table of names and times. What the lifecycle
 * itself waits for is not kept here but drawn from its state (`nextTick`).
 */

import type { Sql } from '../limits/sql.ts';

/** Chores that are done again until they succeed. */
export type Chore = 'offer' | 'withdraw' | 'publish' | 'discard' | 'archive';

export class Timers {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS timers (chore TEXT PRIMARY KEY, due INTEGER NOT NULL, tries INTEGER NOT NULL) WITHOUT ROWID',
    );
  }

  /** The chore is to be done at `due` (Unix milliseconds). */
  set(chore: Chore, due: number): void {
    this.#sql.exec('INSERT OR REPLACE INTO timers (chore, due, tries) VALUES (?, ?, 0)', chore, due);
  }

  /** The chore is done. */
  clear(chore: Chore): void {
    this.#sql.exec('DELETE FROM timers WHERE chore = ?', chore);
  }

  /** The chore failed at `now`: it is due again after 1, 2, 4 ... up to 60 seconds. */
  retry(chore: Chore, now: number): void {
    this.#sql.exec(
      'UPDATE timers SET tries = tries + 1, due = ? + 1000 * min(60, 1 << min(tries, 6)) WHERE chore = ?',
      now,
      chore,
    );
  }

  /** The chore was done and waits for an answer: if it was due, it is due again after half a minute, 1, 2 ... 64 minutes. */
  postpone(chore: Chore, now: number): void {
    this.#sql.exec(
      'UPDATE timers SET tries = tries + 1, due = ? + 30000 * (1 << min(tries, 7)) WHERE chore = ? AND due <= ?',
      now,
      chore,
      now,
    );
  }

  due(now: number): Chore[] {
    return this.#sql
      .exec<{ chore: Chore }>('SELECT chore FROM timers WHERE due <= ? ORDER BY due', now)
      .toArray()
      .map((row) => row.chore);
  }

  /** When the next chore is due; null when there is none. */
  next(): number | null {
    return this.#sql.exec<{ due: number | null }>('SELECT min(due) AS due FROM timers').one().due;
  }
}
