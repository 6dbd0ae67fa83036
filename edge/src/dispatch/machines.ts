/** What the runners of a pool have said of the versions on their machines. Not with their sockets: there is no room left. */
import type { RunnerMachine } from '@appflux/protocol';
import type { Sql } from '../limits/sql.ts';

export class Machines {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS machines (runner_id TEXT PRIMARY KEY, machine TEXT NOT NULL) WITHOUT ROWID',
    );
  }

  /** A runner has said it. */
  note(runnerId: string, machine: RunnerMachine): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO machines (runner_id, machine) VALUES (?, ?)',
      runnerId,
      JSON.stringify(machine),
    );
  }

  /** A runner was removed. */
  forget(runnerId: string): void {
    this.#sql.exec('DELETE FROM machines WHERE runner_id = ?', runnerId);
  }

  /** By the ids of runners. */
  all(): Map<string, RunnerMachine> {
    const rows = this.#sql.exec<{ runner_id: string; machine: string }>(
      'SELECT runner_id, machine FROM machines',
    );
    return new Map(rows.toArray().map(({ runner_id, machine }) => [runner_id, JSON.parse(machine)]));
  }
}
