/**
 * The Durable Object that remembers what the operator wants to see: errors by group, when the cron ran, and one sample of
 * disks and storage per day. All of it is bounded, and none of it is needed to build or deploy.
 */
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import { limitedSql, type Sql } from '../limits/sql.ts';
import { dayOf } from '../metadata/day.ts';
import { type ObjectStub, objectStub } from '../objects/stub.ts';
import { groupKey, type NewErrors } from '../recent-errors.ts';
import { sha256Hex } from '../secrets/tokens.ts';
import { objectsOf } from '../storage/index.ts';
import { measureStorage } from './measure-storage.ts';
import type { CronRuns, Sample, StoredBytes } from './records.ts';

/** How many groups of errors are kept; the one that was seen the longest ago goes first. */
export const MOST_GROUPS = 200;

/** How many daily samples are kept. */
export const MOST_SAMPLES = 90;

const HOUR_MS = 3_600_000;

/** Errors are counted by the hour, for so many hours. */
const HOURS = 24;

/** A group of errors, as it is kept. Times are Unix milliseconds. */
export interface KeptErrors extends Omit<NewErrors, 'count'> {
  id: string;
  /** Within the last 24 hours. */
  count: number;
}

type Row = {
  id: string;
  source: string;
  code: string;
  message: string;
  sample: string;
  request_id: string | null;
  first_at: number;
  last_at: number;
  count: number;
};

/** The one object of an instance. */
export const operationsOf = (env: Pick<Env, 'OPERATIONS'>): ObjectStub<OperationsObject> =>
  objectStub(() => env.OPERATIONS.getByName('all'), {
    // Repeated, errors would count twice.
    noteErrors: 'once',
    errors: 'repeat',
    noteCron: 'repeat',
    cron: 'repeat',
    measure: 'repeat',
    addSample: 'repeat',
    samples: 'repeat',
  });

export class OperationsObject extends DurableObject<Env> {
  readonly #sql: Sql;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = limitedSql(ctx.storage.sql);
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS error_groups (
         id TEXT PRIMARY KEY, source TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, sample TEXT NOT NULL,
         request_id TEXT, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL
       ) WITHOUT ROWID`,
    );
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS error_hours (id TEXT NOT NULL, hour INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (id, hour)) WITHOUT ROWID',
    );
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS samples (day TEXT PRIMARY KEY, sample TEXT NOT NULL) WITHOUT ROWID',
    );
  }

  /** Adds errors to their groups, and drops what is older than a day or too much. */
  async noteErrors(added: readonly NewErrors[], now: number): Promise<void> {
    const ids = await Promise.all(added.map((errors) => idOf(errors)));
    for (const [index, errors] of added.entries()) this.#addErrors(ids[index] ?? '', errors);
    const before = Math.floor(now / HOUR_MS) - HOURS;
    this.#sql.exec('DELETE FROM error_hours WHERE hour < ?', before);
    this.#sql.exec(
      `DELETE FROM error_groups WHERE last_at < ?
         OR id IN (SELECT id FROM error_groups ORDER BY last_at DESC, id LIMIT -1 OFFSET ?)`,
      before * HOUR_MS,
      MOST_GROUPS,
    );
    this.#sql.exec('DELETE FROM error_hours WHERE id NOT IN (SELECT id FROM error_groups)');
  }

  #addErrors(id: string, { source, code, message, sample, count, firstAt, lastAt }: NewErrors): void {
    this.#sql.exec(
      `INSERT INTO error_groups (id, source, code, message, sample, request_id, first_at, last_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET sample = excluded.sample, request_id = excluded.request_id,
         first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)`,
      id,
      source,
      code,
      message,
      sample.message,
      sample.requestId,
      firstAt,
      lastAt,
    );
    this.#sql.exec(
      'INSERT INTO error_hours (id, hour, count) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count',
      id,
      Math.floor(lastAt / HOUR_MS),
      count,
    );
  }

  /** Groups with errors in the 24 hours before `now`, the most frequent first. */
  errors(now: number): KeptErrors[] {
    const rows = this.#sql.exec<Row>(
      `SELECT error_groups.*, sum(error_hours.count) AS count FROM error_groups JOIN error_hours USING (id)
       WHERE error_hours.hour > ? GROUP BY error_groups.id ORDER BY count DESC, last_at DESC`,
      Math.floor(now / HOUR_MS) - HOURS,
    );
    return rows.toArray().map(({ id, source, code, message, count, ...row }) => ({
      id,
      source,
      code,
      message,
      count,
      firstAt: row.first_at,
      lastAt: row.last_at,
      sample: { message: row.sample, requestId: row.request_id },
    }));
  }

  /** A run of the cron has ended. */
  async noteCron({
    startedAt,
    endedAt,
    error,
  }: {
    startedAt: number;
    endedAt: number;
    error: string | null;
  }) {
    const before = await this.cron();
    const succeededAt = error === null ? endedAt : (before?.succeededAt ?? null);
    await this.ctx.storage.put('cron', { startedAt, succeededAt, error } satisfies CronRuns);
  }

  /** Null before the first run. */
  async cron(): Promise<CronRuns | null> {
    return (await this.ctx.storage.get<CronRuns>('cron')) ?? null;
  }

  /** Measures storage: here, because this object may ask as much of others as the cron itself. */
  measure(): Promise<StoredBytes> {
    return measureStorage(objectsOf(this.env));
  }

  /** Keeps the sample of a day; a later one of the same day replaces it. */
  addSample(sample: Omit<Sample, 'day'>): void {
    const day = dayOf(sample.at);
    this.#sql.exec(
      'INSERT OR REPLACE INTO samples (day, sample) VALUES (?, ?)',
      day,
      JSON.stringify({ day, ...sample } satisfies Sample),
    );
    this.#sql.exec(
      'DELETE FROM samples WHERE day IN (SELECT day FROM samples ORDER BY day DESC LIMIT -1 OFFSET ?)',
      MOST_SAMPLES,
    );
  }

  /** The newest first, at most `limit`. */
  samples(limit = MOST_SAMPLES): Sample[] {
    return this.#sql
      .exec<{ sample: string }>('SELECT sample FROM samples ORDER BY day DESC LIMIT ?', limit)
      .toArray()
      .map(({ sample }) => JSON.parse(sample));
  }
}

/** A group's id, which doesn't depend on when or where it was first seen. */
const idOf = async (errors: NewErrors): Promise<string> =>
  (await sha256Hex(new TextEncoder().encode(groupKey(errors)))).slice(0, 24);
