/**
 * The outbox: a change of state and the event that tells of it are written in one transaction, and the event
 * stays here until `event-queue` has it. Consumers are idempotent by (deploymentId, seq).
 */
import type { EventMessage } from '../env.ts';
import type { DeploymentRecord } from '../metadata/metadata.ts';

export class Outbox {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec('CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY, record TEXT NOT NULL)');
  }

  /** Adds the event with this number; call it in the transaction that makes the change. */
  add(seq: number, record: DeploymentRecord): void {
    this.#sql.exec('INSERT INTO outbox (seq, record) VALUES (?, ?)', seq, JSON.stringify(record));
  }

  /** Hands over what is waiting, oldest first. What the queue did not take stays; throws then. */
  async publish(queue: Queue<EventMessage>, deploymentId: string): Promise<void> {
    for (;;) {
      const next = this.#sql
        .exec<{ seq: number; record: string }>('SELECT seq, record FROM outbox ORDER BY seq LIMIT 1')
        .toArray()[0];
      if (next === undefined) return;
      await queue.send({ kind: 'event', deploymentId, seq: next.seq, record: JSON.parse(next.record) });
      this.#sql.exec('DELETE FROM outbox WHERE seq = ?', next.seq);
    }
  }
}
