/**
 * The Durable Object that keeps what a queue could not deliver, until an operator has it delivered after all. It is
 * no part of metadata: that metadata is broken is the most likely reason for a message to end here.
 */
import { DurableObject } from 'cloudflare:workers';
import type { Page, PageQuery } from '@appflux/protocol';
import type { Env, QueueMessage } from '../env.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { type ObjectStub, objectStub } from '../objects/stub.ts';

export interface DeadLetter {
  id: string;
  message: QueueMessage;
  /** ISO 8601: when the queue gave up. */
  failedAt: string;
}

/** The one object of an instance. */
export const deadLettersOf = (env: Pick<Env, 'DEAD_LETTERS'>): ObjectStub<DeadLetterObject> =>
  objectStub(() => env.DEAD_LETTERS.getByName('all'), {
    add: 'repeat',
    list: 'repeat',
    forget: 'repeat',
    // Repeated, it would find nothing to replay and say so.
    replay: 'once',
  });

export class DeadLetterObject extends DurableObject<Env> {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS dead_letters (id TEXT PRIMARY KEY, message TEXT NOT NULL UNIQUE, failed_at TEXT NOT NULL)',
    );
  }

  /** Keeps a message; one that is kept already is not kept twice. */
  add(message: QueueMessage, failedAt: string): void {
    this.#sql.exec(
      'INSERT OR IGNORE INTO dead_letters (id, message, failed_at) VALUES (?, ?, ?)',
      newObjectId(),
      JSON.stringify(message),
      failedAt,
    );
  }

  /** Newest first. */
  list({ limit, cursor = 'g' }: PageQuery): Page<DeadLetter> {
    const rows = this.#sql
      .exec<{ id: string; message: string; failed_at: string }>(
        'SELECT id, message, failed_at FROM dead_letters WHERE id < ? ORDER BY id DESC LIMIT ?',
        cursor,
        limit + 1,
      )
      .toArray();
    const items = rows.slice(0, limit).map((row) => ({
      id: row.id,
      message: JSON.parse(row.message) as QueueMessage,
      failedAt: row.failed_at,
    }));
    return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
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
    if (message.kind === 'offer') await this.env.DEPLOY_QUEUE.send(message);
    else await this.env.EVENT_QUEUE.send(message);
    // Sent first: should the object go away in between, the message is sent twice, which its consumer allows for.
    this.#sql.exec('DELETE FROM dead_letters WHERE id = ?', id);
    return true;
  }
}
