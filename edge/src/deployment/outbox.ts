/**
 * The outbox: a change of state and the event that tells of it are written in one transaction, and the event stays here
 * until its consumer says that it has done its work. That `event-queue` has it is not enough: a queue may lose a
 * message, as the local one does when workerd ends. Consumers are idempotent by (deploymentId, seq).
 */
import type { EventMessage } from '../env.ts';
import type { DeploymentRecord } from '../metadata/metadata.ts';

/** An event that the queue has taken and nobody has confirmed after this long, in milliseconds, is sent again. */
const SEND_AGAIN_MS = 25_000;

export class Outbox {
  readonly #sql: SqlStorage;
  /** When the queue took an event, by its number. */
  readonly #sent = new Map<number, number>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec('CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY, record TEXT NOT NULL)');
  }

  /** Adds the event with this number; call it in the transaction that makes the change. */
  add(seq: number, record: DeploymentRecord): void {
    this.#sql.exec('INSERT INTO outbox (seq, record) VALUES (?, ?)', seq, JSON.stringify(record));
  }

  /** Hands over what the queue does not have, oldest first; throws when it does not take it. */
  async publish(queue: Queue<EventMessage>, deploymentId: string, now: number): Promise<void> {
    const waiting = this.#sql
      .exec<{ seq: number; record: string }>('SELECT seq, record FROM outbox ORDER BY seq')
      .toArray();
    for (const { seq, record } of waiting) {
      if (now - (this.#sent.get(seq) ?? 0) < SEND_AGAIN_MS) continue;
      await queue.send({ kind: 'event', deploymentId, seq, record: JSON.parse(record) });
      this.#sent.set(seq, now);
    }
  }

  /** The event has been delivered. */
  confirm(seq: number): void {
    this.#sql.exec('DELETE FROM outbox WHERE seq = ?', seq);
    this.#sent.delete(seq);
  }

  /** Whether every event has been delivered. */
  get isEmpty(): boolean {
    return this.#sql.exec('SELECT 1 FROM outbox LIMIT 1').toArray().length === 0;
  }
}
