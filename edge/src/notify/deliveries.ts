/** The deliveries of one hook, in the SQLite database of its object. */
import {
  DELIVERIES_KEPT,
  type DeliveryEvent,
  type HookDelivery,
  type Page,
  type PageQuery,
} from '@appflux/protocol';
import type { Sql } from '../limits/sql.ts';
import { TRIED_FOR_MS } from './retry.ts';
import type { Answered, Sent } from './send.ts';

/** How many deliveries of a hook wait; more make the oldest fail. */
export const MOST_PENDING = 1000;

/** How long an outcome is remembered, so that it is reported once, in milliseconds. */
const REMEMBERED_MS = 14 * 24 * 3_600_000;

/** How many attempts of a delivery are kept. */
const MOST_ATTEMPTS = 20;

/** A notification for a hook. */
export interface NewDelivery {
  /** The same for the same outcome. */
  id: string;
  event: DeliveryEvent;
  deploymentId: string | null;
  /** The app's slug. */
  app: string | null;
  /** A `NotificationBody` in JSON. */
  body: string;
}

export type DeliveryRow = {
  /** Its number, by age. */
  n: number;
  id: string;
  event: DeliveryEvent;
  deployment_id: string | null;
  app: string | null;
  status: HookDelivery['status'];
  /** Milliseconds since 1970, as all times here. */
  created_at: number;
  /** How often somebody sent it again after it had ended. */
  round: number;
  /** How often it was tried in this round. */
  tries: number;
  next_at: number | null;
  deadline: number;
  attempts: string;
  request: string | null;
  response: string | null;
};

const COLUMNS =
  'n, id, event, deployment_id, app, status, created_at, round, tries, next_at, deadline, attempts, request, response';

/** How an attempt went. */
export interface Tried {
  at: number;
  durationMs: number;
  request: Sent;
  response: Answered | null;
  error: string | null;
}

export class Deliveries {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS deliveries (
         n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, event TEXT NOT NULL, deployment_id TEXT, app TEXT,
         body TEXT NOT NULL, status TEXT NOT NULL, created_at INTEGER NOT NULL, round INTEGER NOT NULL,
         tries INTEGER NOT NULL, next_at INTEGER, deadline INTEGER NOT NULL, attempts TEXT NOT NULL, request TEXT,
         response TEXT
       )`,
    );
    sql.exec('CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (next_at) WHERE next_at IS NOT NULL');
    sql.exec('CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY, at INTEGER NOT NULL)');
  }

  /** Adds a delivery that is due at `nextAt`; false if it was added before, whether it is still kept or not. */
  add({ id, event, deploymentId, app, body }: NewDelivery, now: number, nextAt: number): boolean {
    const { rowsWritten } = this.#sql.exec('INSERT OR IGNORE INTO seen (id, at) VALUES (?, ?)', id, now);
    if (rowsWritten === 0) return false;
    this.#sql.exec(
      `INSERT OR IGNORE INTO deliveries
         (id, event, deployment_id, app, body, status, created_at, round, tries, next_at, deadline, attempts)
       VALUES (?, ?, ?, ?, ?, 'pending', ?, 0, 0, ?, ?, '[]')`,
      id,
      event,
      deploymentId,
      app,
      body,
      now,
      nextAt,
      now + TRIED_FOR_MS,
    );
    return true;
  }

  one(id: string): DeliveryRow | null {
    return this.#rows('id = ?', id)[0] ?? null;
  }

  /** Its `NotificationBody` in JSON. */
  bodyOf(n: number): string {
    return this.#sql.exec<{ body: string }>('SELECT body FROM deliveries WHERE n = ?', n).one().body;
  }

  /** Those that are due, the ones that have waited longest first. */
  due(now: number, limit: number): DeliveryRow[] {
    return this.#rows('next_at <= ? ORDER BY next_at, n LIMIT ?', now, limit);
  }

  /** When the next one is due; null if none is. */
  nextAt(): number | null {
    return this.#sql
      .exec<{ due: number | null }>('SELECT min(next_at) AS due FROM deliveries WHERE next_at IS NOT NULL')
      .one().due;
  }

  /** The oldest of those that wait, as many as are too many. */
  surplus(): DeliveryRow[] {
    return this.#rows("status = 'pending' ORDER BY n DESC LIMIT 50 OFFSET ?", MOST_PENDING);
  }

  pending(limit: number): DeliveryRow[] {
    return this.#rows("status = 'pending' ORDER BY n LIMIT ?", limit);
  }

  /** Counts an attempt before it is made: should the object end during it, the delivery is due again at `nextAt`. */
  begin(n: number, nextAt: number): void {
    this.#sql.exec('UPDATE deliveries SET tries = tries + 1, next_at = ? WHERE n = ?', nextAt, n);
  }

  /** Notes how an attempt went, and when the next one is due; `status` is final if there is none. */
  settle(
    { n, attempts }: Pick<DeliveryRow, 'n' | 'attempts'>,
    { at, durationMs, request, response, error }: Tried,
    { status, nextAt }: { status: DeliveryRow['status']; nextAt: number | null },
  ): void {
    const attempt = { at: iso(at), durationMs, status: response?.status ?? null, error };
    const kept = [...(JSON.parse(attempts) as object[]), attempt].slice(-MOST_ATTEMPTS);
    this.#sql.exec(
      'UPDATE deliveries SET status = ?, next_at = ?, attempts = ?, request = ?, response = ? WHERE n = ?',
      status,
      nextAt,
      JSON.stringify(kept),
      JSON.stringify(request),
      response && JSON.stringify(response),
      n,
    );
  }

  /** Ends it without another attempt. */
  giveUp({ n, attempts }: Pick<DeliveryRow, 'n' | 'attempts'>, error: string, now: number): void {
    const attempt = { at: iso(now), durationMs: 0, status: null, error };
    const kept = [...(JSON.parse(attempts) as object[]), attempt].slice(-MOST_ATTEMPTS);
    this.#sql.exec(
      "UPDATE deliveries SET status = 'failed', next_at = NULL, attempts = ? WHERE n = ?",
      JSON.stringify(kept),
      n,
    );
  }

  /** Makes it due now, for another day if it had ended. False if there is none of that id (any more). */
  again(id: string, now: number): boolean {
    const row = this.one(id);
    if (row === null) return false;
    if (row.status === 'pending') this.#sql.exec('UPDATE deliveries SET next_at = ? WHERE n = ?', now, row.n);
    else
      this.#sql.exec(
        `UPDATE deliveries SET status = 'pending', next_at = ?, tries = 0, round = round + 1, deadline = ? WHERE n = ?`,
        now,
        now + TRIED_FOR_MS,
        row.n,
      );
    return true;
  }

  /** Removes ended deliveries beyond the newest DELIVERIES_KEPT, and forgets what was reported long ago. */
  trim(now: number): void {
    this.#sql.exec(
      `DELETE FROM deliveries WHERE status <> 'pending' AND n <= (
         SELECT n FROM deliveries WHERE status <> 'pending' ORDER BY n DESC LIMIT 1 OFFSET ?)`,
      DELIVERIES_KEPT,
    );
    this.#sql.exec('DELETE FROM seen WHERE at < ?', now - REMEMBERED_MS);
  }

  /** Newest first. The cursor is the number of the last item. */
  page({ limit, cursor }: PageQuery): Page<DeliveryRow> {
    const before =
      cursor !== undefined && /^\d{1,15}$/.test(cursor) ? Number(cursor) : Number.MAX_SAFE_INTEGER;
    const rows = this.#rows('n < ? ORDER BY n DESC LIMIT ?', before, limit + 1);
    const items = rows.slice(0, limit);
    return { items, nextCursor: rows.length > limit ? String(items.at(-1)?.n) : null };
  }

  #rows(where: string, ...values: (string | number)[]): DeliveryRow[] {
    return this.#sql
      .exec<DeliveryRow>(`SELECT ${COLUMNS} FROM deliveries WHERE ${where}`, ...values)
      .toArray();
  }
}

/** A delivery as the API shows it. */
export const toDelivery = (row: DeliveryRow): HookDelivery => ({
  id: row.id,
  event: row.event,
  deploymentId: row.deployment_id,
  app: row.app,
  status: row.status,
  attempts: JSON.parse(row.attempts),
  nextAttemptAt: row.next_at === null ? null : iso(row.next_at),
  createdAt: iso(row.created_at),
  request: row.request === null ? null : JSON.parse(row.request),
  response: row.response === null ? null : JSON.parse(row.response),
});

const iso = (time: number) => new Date(time).toISOString();
