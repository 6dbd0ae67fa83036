/**
 * The Durable Object that counts tries, one of a fixed number (index.ts). What it remembers is bounded: when it is full,
 * what would be forgotten soonest makes room, which is what was tried least. A flood of made-up names thus pushes out
 * itself and not the counter of an account that is under attack.
 */
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import { limitedSql, type Sql } from '../limits/sql.ts';
import { Alarm } from '../objects/alarm.ts';
import { forgottenAt, oneMore, type Rule, type Tries, waitFor } from './rule.ts';

/** How many counters one object keeps. */
export const MOST_COUNTERS = 2000;

/** How many make room at a time, so that a flood does not sort them at each try. */
const MAKE_ROOM_FOR = 100;

/** How often the object deletes what is forgotten, in milliseconds. */
const TIDY_EVERY_MS = 3_600_000;

/** One thing that is counted. */
export interface Counter {
  /** What and whom it counts, as a keyed hash. */
  key: string;
  rule: Rule;
}

export class ThrottleObject extends DurableObject<Env> {
  readonly #sql: Sql;
  readonly #alarm: Alarm;
  /** How many counters can be added before they have to be counted. */
  #room = 0;
  #tidying = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = limitedSql(ctx.storage.sql);
    this.#alarm = new Alarm(ctx, { name: () => `throttle ${ctx.id.name}` });
  }

  /**
   * Counts a try by all of `counters`, or by none when one of them does not allow it. Gives in how many milliseconds to
   * ask again; 0 when it is allowed.
   */
  async count(counters: readonly Counter[]): Promise<number> {
    await this.#begin();
    const now = Date.now();
    const before = counters.map(({ key, rule }) => ({ key, rule, tries: this.#triesOf(key) }));
    const wait = Math.max(0, ...before.map(({ tries, rule }) => waitFor(tries, rule, now)));
    if (wait > 0) return wait;
    for (const { key, rule, tries } of before) {
      if (tries === null) this.#makeRoom(now);
      this.#put({ key, rule }, oneMore(tries, rule, now));
    }
    return 0;
  }

  /** Takes back one try of each counter: it turned out not to be a guess. */
  async takeBack(counters: readonly Counter[]): Promise<void> {
    await this.#begin();
    for (const counter of counters) {
      const tries = this.#triesOf(counter.key);
      if (tries === null) continue;
      if (tries.level <= 1) this.#drop(counter.key);
      else this.#put(counter, { ...tries, level: tries.level - 1 });
    }
  }

  /** Forgets what was tried. */
  async forget(keys: readonly string[]): Promise<void> {
    await this.#begin();
    for (const key of keys) this.#drop(key);
  }

  override async alarm(): Promise<void> {
    this.#tidying = false;
    await this.#alarm.run([() => this.#tidy()]);
  }

  async #tidy(): Promise<void> {
    // An object of an earlier version counted one name, outside of this table: nothing of it is left after its alarm.
    this.#makeTable();
    this.#sql.exec('DELETE FROM tries WHERE forgotten_at <= ?', Date.now());
    this.#room = 0;
    if (this.#size() > 0) await this.#tidyLater();
    else await this.ctx.storage.deleteAll();
  }

  async #begin(): Promise<void> {
    // An object that has forgotten everything has no table.
    this.#makeTable();
    if (!this.#tidying && (await this.ctx.storage.getAlarm()) === null) await this.#tidyLater();
    this.#tidying = true;
  }

  async #tidyLater(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + TIDY_EVERY_MS);
    this.#tidying = true;
  }

  #makeTable(): void {
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS tries (
         key TEXT PRIMARY KEY, level REAL NOT NULL, at INTEGER NOT NULL, forgotten_at INTEGER NOT NULL
       ) WITHOUT ROWID`,
    );
  }

  #triesOf(key: string): Tries | null {
    const found = this.#sql.exec<{ level: number; at: number }>(
      'SELECT level, at FROM tries WHERE key = ?',
      key,
    );
    return found.toArray()[0] ?? null;
  }

  #put({ key, rule }: Counter, tries: Tries): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO tries (key, level, at, forgotten_at) VALUES (?, ?, ?, ?)',
      key,
      tries.level,
      tries.at,
      forgottenAt(tries, rule),
    );
  }

  #drop(key: string): void {
    this.#sql.exec('DELETE FROM tries WHERE key = ?', key);
  }

  #size(): number {
    return this.#sql.exec<{ size: number }>('SELECT COUNT(*) AS size FROM tries').one().size;
  }

  /** Sees to it that one more counter can be kept. */
  #makeRoom(now: number): void {
    if (this.#room <= 0) {
      if (this.#size() >= MOST_COUNTERS) {
        this.#sql.exec('DELETE FROM tries WHERE forgotten_at <= ?', now);
        this.#sql.exec(
          'DELETE FROM tries WHERE key IN (SELECT key FROM tries ORDER BY forgotten_at LIMIT ?)',
          Math.max(0, this.#size() - MOST_COUNTERS + MAKE_ROOM_FOR),
        );
      }
      this.#room = MOST_COUNTERS - this.#size();
    }
    this.#room -= 1;
  }
}
