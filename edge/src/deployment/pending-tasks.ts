/**
 * What an object does outside of itself, repeated until it succeeds. A pending task is written in the transaction that
 * makes it necessary and started right after it; its timer starts it again should the object go away in between.
 */
import { journal } from '../journal.ts';
import { limitedSql } from '../limits/sql.ts';
import { type Task, Timers } from './timers.ts';

/**
 * A task that was started is checked again after this long. As long as a lease: the alarm that waits for the lease serves
 * it as well, and an alarm costs.
 */
const BACKUP_MS = 30_000;

export interface PendingTasksOptions {
  /** For the Worker's log. */
  readonly name: () => string;
  /** `unconfirmed`: it was done, and waits for a confirmation, after which it is removed. */
  readonly perform: (task: Task) => Promise<'done' | 'unconfirmed'>;
  /** What is due next may have changed. */
  readonly onChange: () => void;
  /** Whether an event waits for its confirmation, which is stored as a number: then `publish` is pending without a row. */
  readonly isUnconfirmed: () => boolean;
}

export class PendingTasks {
  readonly #timers: Timers;
  readonly #ctx: DurableObjectState;
  readonly #options: PendingTasksOptions;
  /** Tasks that are running, and whether they were requested again meanwhile. */
  readonly #running = new Map<Task, { again: boolean; over: Promise<void> }>();
  /**
   * When `publish` is due, in memory: nearly always it is done within moments, and a row for it would be billed when it is
   * written and when it is deleted. It gets one when it fails. Null: it has a row, or isn't pending, or this object was
   * just opened.
   */
  #publishBy: number | null = null;
  #over = false;

  constructor(ctx: DurableObjectState, options: PendingTasksOptions) {
    this.#timers = new Timers(limitedSql(ctx.storage.sql));
    this.#ctx = ctx;
    this.#options = options;
  }

  /** Creates the table of timers, unless it is there. Call it before anything else. */
  createTables(): void {
    this.#timers.createTables();
  }

  /** Whether nothing is pending or running. */
  get isIdle(): boolean {
    return this.#running.size === 0 && this.next(Date.now()) === null;
  }

  /** Adds a task. Call it in the transaction that makes the task necessary, and `start` after that. */
  add(task: Task, now: number): void {
    if (task === 'publish') this.#publishBy = now + BACKUP_MS;
    else this.#timers.set(task, now + BACKUP_MS);
  }

  /** Removes a task that is no longer necessary. */
  remove(task: Task): void {
    if (task === 'publish') {
      this.#publishBy = null;
      // Only one that failed has a row, and looking for it is less than a deletion.
      if (!this.#timers.has(task)) return;
    }
    this.#timers.clear(task);
  }

  /** Runs a task in the background. */
  start(task: Task): void {
    this.#ctx.waitUntil(this.run(task));
  }

  /**
   * Runs a task, and runs it again if it is requested meanwhile: the reason may be newer than what the first run read. A
   * failure is logged, and the task is tried again.
   */
  async run(task: Task): Promise<void> {
    if (this.#over) return;
    const underWay = this.#running.get(task);
    if (underWay !== undefined) {
      underWay.again = true;
      return;
    }
    const over = Promise.withResolvers<void>();
    const running = { again: false, over: over.promise };
    this.#running.set(task, running);
    try {
      let outcome: 'done' | 'unconfirmed';
      do {
        running.again = false;
        outcome = await this.#options.perform(task);
      } while (running.again && !this.#over);
      if (this.#over) return;
      if (outcome === 'done') {
        this.remove(task);
      } else {
        this.#store(task, Date.now());
        this.#timers.postpone(task, Date.now());
      }
    } catch (error) {
      if (this.#over) return;
      journal.error(`${this.#options.name()}: ${task} failed and will be tried again`, error);
      this.#store(task, Date.now());
      this.#timers.retry(task, Date.now());
    } finally {
      this.#running.delete(task);
      over.resolve();
      if (!this.#over) this.#options.onChange();
    }
  }

  /** Runs all tasks that are due by `now`. */
  async runDue(now: number): Promise<void> {
    const due = new Set(this.#timers.due(now));
    if ((this.#publishDue(now) ?? Number.POSITIVE_INFINITY) <= now) due.add('publish');
    for (const task of due) await this.run(task);
  }

  /** When, as seen at `now`, the next task is due; null when there is none. */
  next(now: number): number | null {
    const times = [this.#timers.next(now), this.#publishDue(now)].filter((time) => time !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** When `publish` is due if it has no row; null if it has one, or is not pending. */
  #publishDue(now: number): number | null {
    // A clock that was set back must not keep it waiting.
    if (this.#publishBy !== null) return this.#publishBy > now + BACKUP_MS ? now : this.#publishBy;
    // The object has gone away before it was done.
    return this.#options.isUnconfirmed() && !this.#timers.has('publish') ? now : null;
  }

  /** Gives a task that was not done a row, if it has none: how often it was tried outlives this object. */
  #store(task: Task, now: number): void {
    if (task !== 'publish' || this.#timers.has(task)) return;
    this.#timers.set(task, this.#publishBy ?? now);
    this.#publishBy = null;
  }

  /**
   * Ends all tasks, because the object is being removed together with the table of timers: none is started any more.
   * Resolves when those that are running have ended, so that what they did can be undone.
   */
  async end(): Promise<void> {
    this.#over = true;
    await Promise.all([...this.#running.values()].map(({ over }) => over));
  }
}
