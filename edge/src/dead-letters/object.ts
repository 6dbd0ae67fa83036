/**
 * The Durable Object that keeps what a queue could not deliver, until an operator has it delivered after all. It is
 * no part of metadata: that metadata is broken is the most likely reason for a message to end here.
 */
import { DurableObject } from 'cloudflare:workers';
import { ObjectId, type Page, type PageQuery } from '@appflux/protocol';
import { z } from 'zod';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import { sendMessage } from '../limits/message.ts';
import { limitedSql, type Sql } from '../limits/sql.ts';
import { newObjectId } from '../metadata/object-id.ts';
import type { QueueMessage } from '../queue-messages.ts';

export interface DeadLetter {
  id: string;
  message: QueueMessage;
  /** ISO 8601: when the queue gave up. */
  failedAt: string;
}

const ROW = /^[1-9]\d{0,14}$/;

/** What a list of dead letters may be asked to go on after. */
export const DeadLetterCursor = z.union([z.string().regex(ROW, 'Not a cursor'), ObjectId]);

/** How many messages are kept. */
export const MOST_LETTERS = 10_000;

export class DeadLetterObject extends DurableObject<Env> {
  readonly #sql: Sql;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = limitedSql(ctx.storage.sql);
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS dead_letters (id TEXT PRIMARY KEY, message TEXT NOT NULL UNIQUE, failed_at TEXT NOT NULL)',
    );
  }

  /**
   * Keeps a message; one that is kept already is not kept twice. When there are too many, the oldest goes: deployments
   * send again by themselves what nobody has confirmed.
   */
  add(message: QueueMessage, failedAt: string): void {
    this.#sql.exec(
      'INSERT OR IGNORE INTO dead_letters (id, message, failed_at) VALUES (?, ?, ?)',
      newObjectId(),
      JSON.stringify(message),
      failedAt,
    );
    const { rowsWritten } = this.#sql.exec(
      'DELETE FROM dead_letters WHERE rowid <= (SELECT max(rowid) FROM dead_letters) - ?',
      MOST_LETTERS,
    );
    if (rowsWritten > 0) journal.error(`more than ${MOST_LETTERS} dead letters: the oldest was dropped`);
  }

  /**
   * Newest first, in the order in which they came, which SQLite numbers rows in. The cursor is the number of the last
   * row (DeadLetterCursor), or the id of the last item, as earlier versions gave it: once that is gone, the list begins
   * from its top again.
   */
  list({ limit, cursor }: PageQuery): Page<DeadLetter> {
    const before = (cursor === undefined ? null : this.#rowOf(cursor)) ?? Number.MAX_SAFE_INTEGER;
    const rows = this.#sql
      .exec<{ row: number; id: string; message: string; failed_at: string }>(
        'SELECT rowid AS row, id, message, failed_at FROM dead_letters WHERE rowid < ? ORDER BY rowid DESC LIMIT ?',
        before,
        limit + 1,
      )
      .toArray();
    const listed = rows.slice(0, limit);
    const items = listed.map((row) => ({
      id: row.id,
      message: JSON.parse(row.message) as QueueMessage,
      failedAt: row.failed_at,
    }));
    const last = listed.at(-1);
    return { items, nextCursor: rows.length > limit && last !== undefined ? String(last.row) : null };
  }

  /** How many there are, and when the oldest failed (ISO 8601). */
  count(): { count: number; oldestAt: string | null } {
    return this.#sql
      .exec<{ count: number; oldestAt: string | null }>(
        'SELECT count(*) AS count, min(failed_at) AS oldestAt FROM dead_letters',
      )
      .one();
  }

  #rowOf(cursor: string): number | null {
    if (ROW.test(cursor)) return Number(cursor);
    const [row] = this.#sql
      .exec<{ row: number }>('SELECT rowid AS row FROM dead_letters WHERE id = ?', cursor)
      .toArray();
    return row?.row ?? null;
  }

  /** Forgets all messages about these deployments, which are no more. */
  forget(deploymentIds: readonly string[]): void {
    this.#sql.exec(
      `DELETE FROM dead_letters
       WHERE json_extract(message, '$.deploymentId') IN (SELECT value FROM json_each(?))`,
      JSON.stringify(deploymentIds),
    );
  }

  /** Sends a message to its queue again and forgets it here; false when there is none of that id. */
  async replay(id: string): Promise<boolean> {
    const row = this.#sql
      .exec<{ message: string }>('SELECT message FROM dead_letters WHERE id = ?', id)
      .toArray()[0];
    if (row === undefined) return false;
    const message: QueueMessage = JSON.parse(row.message);
    if (message.kind === 'offer') await sendMessage(this.env.DEPLOY_QUEUE, message);
    else await sendMessage(this.env.EVENT_QUEUE, message);
    // Sent first: should the object go away in between, the message is sent twice, which its consumer allows for.
    this.#sql.exec('DELETE FROM dead_letters WHERE id = ?', id);
    return true;
  }
}
