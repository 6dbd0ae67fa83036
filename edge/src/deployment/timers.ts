/**
 * Many timers on the one alarm that an object has: a small table of names and times. What the lifecycle
 * itself waits for isn't stored here but derived from its state (`nextTick`).
 */

import type { Sql } from '../limits/sql.ts';

/** Tasks that are repeated until they succeed. The column is called `chore`, as in version 0.1.0. */
export type Task = 'offer' | 'withdraw' | 'publish' | 'discard' | 'archive';

/** The longest that a task waits after so many tries, in milliseconds, as SQL: twice what `postpone` sets. */
const LONGEST = '60000 * (1 << min(tries, 7))';

export class Timers {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Creates the table, unless it is there. Call it before anything else. */
  createTables(): void {
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS timers (chore TEXT PRIMARY KEY, due INTEGER NOT NULL, tries INTEGER NOT NULL) WITHOUT ROWID',
    );
  }

  /** The task is due at `due` (Unix milliseconds). */
  set(task: Task, due: number): void {
    this.#sql.exec('INSERT OR REPLACE INTO timers (chore, due, tries) VALUES (?, ?, 0)', task, due);
  }

  /** Whether the task is pending. */
  has(task: Task): boolean {
    return this.#sql.exec('SELECT 1 FROM timers WHERE chore = ?', task).toArray().length > 0;
  }

  /** The task is done. */
  clear(task: Task): void {
    this.#sql.exec('DELETE FROM timers WHERE chore = ?', task);
  }

  /** The task failed at `now`: it is due again after 1, 2, 4 ... up to 60 seconds. */
  retry(task: Task, now: number): void {
    this.#sql.exec(
      'UPDATE timers SET tries = tries + 1, due = ? + 1000 * min(60, 1 << min(tries, 6)) WHERE chore = ?',
      now,
      task,
    );
  }

  /** The task was done and waits for a confirmation: if it was due, it is due again after half a minute, 1, 2 ... 64 minutes. */
  postpone(task: Task, now: number): void {
    this.#sql.exec(
      'UPDATE timers SET tries = tries + 1, due = ? + 30000 * (1 << min(tries, 7)) WHERE chore = ? AND due <= ?',
      now,
      task,
      now,
    );
  }

  /** Tasks that are due at `now`; those, too, that a clock that was set back would keep waiting. */
  due(now: number): Task[] {
    return this.#sql
      .exec<{ chore: Task }>(
        `SELECT chore FROM timers WHERE due <= ? OR due > ? + ${LONGEST} ORDER BY due`,
        now,
        now,
      )
      .toArray()
      .map((row) => row.chore);
  }

  /** When, as seen at `now`, the next task is due; null when there is none. */
  next(now: number): number | null {
    return this.#sql
      .exec<{ due: number | null }>(
        `SELECT min(CASE WHEN due > ? + ${LONGEST} THEN ? ELSE due END) AS due FROM timers`,
        now,
        now,
      )
      .one().due;
  }
}
