/**
 * Output of attempts that were lost. Their runners send it when they return, numbered as it was when they held the
 * lease. The log has gone on since, so these lines get new numbers: immediately while no runner numbers lines, or else
 * when the attempt that does is over. Until then they are held in a table of their own.
 */
import { type LogLine, LogLine as LogLineSchema, type RecoveredLines } from '@appflux/protocol';
import type { Sql } from '../limits/sql.ts';
import type { DeploymentLog } from './log.ts';

/**
 * How much a deployment takes of such lines, in UTF-16 units of their JSON: what a runner sends without a pause for an
 * answer, several times over. All of it is written in one turn of the object.
 */
export const MOST_LATE_LENGTH = 8_000_000;

/** An attempt that was lost. */
interface LostAttempt {
  readonly attempt: number;
  /** The last of its lines, by its runner's numbering, that is in the log, held, or dropped. */
  readonly lastSeq: number;
  readonly complete: boolean;
}

export class LateOutput {
  readonly #sql: Sql;
  readonly #log: DeploymentLog;
  /** The last line that was written here, and of which attempt: the next one of it needs no heading. */
  #newest: { attempt: number; seq: number } | null = null;

  constructor(sql: Sql, log: DeploymentLog) {
    this.#sql = sql;
    this.#log = log;
  }

  /** An attempt was lost; all that its runner has sent is in the log. Call it before anything else is written there. */
  lost(attempt: number, runnerId: string): void {
    this.#tables();
    this.#sql.exec(
      'INSERT OR REPLACE INTO late_attempts (attempt, runner_id, last_seq, complete, length) VALUES (?, ?, ?, 0, 0)',
      attempt,
      runnerId,
      this.#log.store.lastSeq,
    );
  }

  /** The lost attempt with this number, if that runner had it; null otherwise. */
  find(attempt: number, runnerId: string): LostAttempt | null {
    this.#tables();
    const row = this.#sql
      .exec<{ lastSeq: number; complete: number }>(
        'SELECT last_seq AS lastSeq, complete FROM late_attempts WHERE attempt = ? AND runner_id = ?',
        attempt,
        runnerId,
      )
      .toArray()[0];
    return row === undefined ? null : { attempt, lastSeq: row.lastSeq, complete: row.complete === 1 };
  }

  /**
   * Takes the next lines of a lost attempt, in order and without gaps. Call it in a transaction.
   * @param how.write whether no runner numbers lines, so that these may be written
   * @returns the lines as they were written, for viewers
   */
  take(
    lost: LostAttempt,
    { lines, complete }: RecoveredLines,
    { write, now }: { readonly write: boolean; readonly now: number },
  ): LogLine[] {
    const length = lines.reduce((sum, line) => sum + JSON.stringify(line).length + 1, 0);
    const { used } = this.#sql
      .exec<{ used: number }>('SELECT coalesce(sum(length), 0) AS used FROM late_attempts')
      .one();
    const { store } = this.#log;
    const fits = used + length <= MOST_LATE_LENGTH && !store.isCut && !store.exceeds(lines);
    this.#sql.exec(
      'UPDATE late_attempts SET last_seq = ?, complete = ?, length = length + ? WHERE attempt = ?',
      lines.at(-1)?.seq ?? lost.lastSeq,
      complete || !fits ? 1 : 0,
      fits ? length : 0,
      lost.attempt,
    );
    const taken = fits ? lines : [tooMuch(lost.attempt, now)];
    if (taken.length === 0 || store.isCut) return [];
    if (write) return this.#write(lost.attempt, taken, now);
    const body = taken.map((line) => JSON.stringify(line)).join('\n');
    this.#sql.exec('INSERT INTO late_lines (attempt, body) VALUES (?, ?)', lost.attempt, body);
    return [];
  }

  /**
   * Writes what was held: no runner numbers lines any more. Call it in the transaction that ends the lease.
   * @returns the lines as they were written, for viewers
   */
  release(now: number): LogLine[] {
    this.#tables();
    const rows = this.#sql
      .exec<{ attempt: number; body: string }>('SELECT attempt, body FROM late_lines ORDER BY attempt, id')
      .toArray();
    if (rows.length === 0) return [];
    this.#sql.exec('DELETE FROM late_lines');
    if (this.#log.store.isCut) return [];
    return rows.flatMap(({ attempt, body }) => {
      const lines = body.split('\n').map((text) => LogLineSchema.parse(JSON.parse(text)));
      return this.#write(attempt, lines, now);
    });
  }

  #write(attempt: number, lines: readonly LogLine[], now: number): LogLine[] {
    const { store } = this.#log;
    const isContinued = this.#newest?.attempt === attempt && this.#newest.seq === store.lastSeq;
    const text = `Output of attempt ${attempt} that its runner sent after the attempt had ended:`;
    // With time and phase of the first line: a section of the log would otherwise seem to end before it begins.
    const { at = new Date(now).toISOString(), phase = null } = lines[0] ?? {};
    const heading = isContinued ? [] : [store.number({ at, phase, stream: 'system', text }, now)];
    const written = [...heading, ...lines.map((line) => store.number(line, now))];
    store.flush();
    this.#newest = { attempt, seq: store.lastSeq };
    return written;
  }

  /** Made when they are first used: most deployments lose no attempt, and each table costs. */
  #tables(): void {
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS late_attempts (attempt INTEGER PRIMARY KEY, runner_id TEXT NOT NULL, last_seq INTEGER NOT NULL, complete INTEGER NOT NULL, length INTEGER NOT NULL)',
    );
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS late_lines (id INTEGER PRIMARY KEY, attempt INTEGER NOT NULL, body TEXT NOT NULL)',
    );
  }
}

const tooMuch = (attempt: number, now: number): LogLine => ({
  // It gets its number when it is written.
  seq: 1,
  at: new Date(now).toISOString(),
  stream: 'system',
  phase: null,
  text: `Further output of attempt ${attempt} was dropped: more was sent late than a log takes.`,
});
