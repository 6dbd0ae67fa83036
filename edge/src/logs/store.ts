/**
 * The log of one deployment in its object's SQLite: sequenced lines, many to a row.
 *
 * A row holds lines as NDJSON, so that replaying, downloading and archiving never parse what was written. Rows are
 * what the platform bills, whatever their size, those that are deleted too: so lines are gathered before they are
 * written, and go on the end of the last row while it is small. They are acked only once they are written, so nothing
 * acked can be lost.
 */
import { type LogLine, LogLine as LogLineSchema, type Phase } from '@appflux/protocol';
import type { Sql } from '../limits/sql.ts';
import { takePage } from './ndjson.ts';

/** More than this, in UTF-16 units, does not wait to be written; even as UTF-8 it fits into a row of the platform's 2 MB. */
const MOST_PENDING = 256 * 1024;

/**
 * Bytes past the cap in which runners say what they always say: AppFlux's own lines and the end of each phase's output.
 * A runner keeps to the cap by itself; one that goes on beyond this does not, and its log is cut.
 */
const RESERVE = 8_000_000;

/** A row grows up to this size. */
const ROW_SIZE = 128 * 1024;

export type Appended =
  /** Taken. */
  | { kind: 'taken' }
  /** Every line of it was here already. */
  | { kind: 'repeated' }
  /** A line is missing before it. */
  | { kind: 'gap'; expected: number };

export class LogStore {
  readonly #sql: Sql;
  readonly #capBytes: number;
  #lastSeq: number;
  #writtenSeq: number;
  #bytes: number;
  #cut: boolean;
  /** The row that was written last, which may still grow. */
  #tail: { firstSeq: number; bytes: number } | null;
  #pending: string[] = [];
  #pendingBytes = 0;
  #pendingSince: number | null = null;

  /** `capBytes`: how many bytes builds may log. What runners write past it has a reserve, then the log is cut. */
  constructor(sql: Sql, capBytes: number) {
    this.#sql = sql;
    this.#capBytes = capBytes;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS log_rows (first_seq INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL, bytes INTEGER NOT NULL, cut INTEGER NOT NULL, body TEXT NOT NULL)',
    );
    const { lastSeq, bytes, cut } = sql
      .exec<{ lastSeq: number | null; bytes: number | null; cut: number | null }>(
        'SELECT max(last_seq) AS lastSeq, sum(bytes) AS bytes, max(cut) AS cut FROM log_rows',
      )
      .one();
    this.#tail =
      sql
        .exec<{ firstSeq: number; bytes: number }>(
          'SELECT first_seq AS firstSeq, bytes FROM log_rows ORDER BY first_seq DESC LIMIT 1',
        )
        .toArray()[0] ?? null;
    this.#lastSeq = lastSeq ?? 0;
    this.#writtenSeq = this.#lastSeq;
    this.#bytes = bytes ?? 0;
    this.#cut = cut === 1;
  }

  /** The newest line there is, written or not. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** The newest line that is safe. */
  get writtenSeq(): number {
    return this.#writtenSeq;
  }

  /** How many bytes of a build's output there is room for. */
  get room(): number {
    return Math.max(0, this.#capBytes - this.#bytes - this.#pendingBytes);
  }

  /** Whether more came than there is room for; lines are then dropped, as the marker line says. */
  get isCut(): boolean {
    return this.#cut;
  }

  /**
   * Takes the next lines at `now`. `lines` are in order and without gaps among themselves (see `isContiguous`); those
   * that are here already are dropped.
   */
  append(lines: readonly LogLine[], now: number): Appended {
    const fresh = lines.filter((line) => line.seq > this.#lastSeq);
    const first = fresh[0];
    if (first === undefined) return { kind: 'repeated' };
    if (first.seq !== this.#lastSeq + 1) return { kind: 'gap', expected: this.#lastSeq + 1 };
    for (const line of fresh) this.#add(line, now);
    return { kind: 'taken' };
  }

  /** Adds a line in AppFlux's own voice. Only while no runner numbers lines. */
  say(text: string, phase: Phase | null, now: number): LogLine {
    return this.number({ at: new Date(now).toISOString(), stream: 'system', phase, text }, now);
  }

  /** Adds a line under the next number. Only while no runner numbers lines. */
  number({ at, stream, phase, text }: Omit<LogLine, 'seq'>, now: number): LogLine {
    // In this order, because the lines are stored and sent as JSON, and scripts read that line by line.
    const numbered: LogLine = { seq: this.#lastSeq + 1, at, stream, phase, text };
    this.#add(numbered, now);
    return numbered;
  }

  /** Ends the log here: a marker says so, and it counts as cut. */
  cut(now: number): LogLine {
    const megabytes = Math.round(this.#capBytes / 1e6);
    const line = this.say(
      `The log exceeds ${megabytes} MB and was cut here. The build continues.`,
      null,
      now,
    );
    this.#cut = true;
    this.flush();
    return line;
  }

  /** Whether `lines` would take the log beyond its cap and the reserve. */
  exceeds(lines: readonly LogLine[]): boolean {
    const more = lines.reduce((sum, line) => sum + line.text.length, 0);
    return this.#bytes + this.#pendingBytes + more > this.#capBytes + RESERVE;
  }

  /** Since when something waits to be written, in Unix milliseconds; null when nothing does. */
  get pendingSince(): number | null {
    return this.#pendingSince;
  }

  /** Writes what has been gathered. */
  flush(): void {
    if (this.#pending.length === 0) return;
    const body = this.#pending.join('\n');
    const cut = this.#cut ? 1 : 0;
    if (this.#tail !== null && this.#tail.bytes + this.#pendingBytes <= ROW_SIZE) {
      this.#sql.exec(
        'UPDATE log_rows SET last_seq = ?, bytes = bytes + ?, cut = ?, body = body || char(10) || ? WHERE first_seq = ?',
        this.#lastSeq,
        this.#pendingBytes,
        cut,
        body,
        this.#tail.firstSeq,
      );
      this.#tail.bytes += this.#pendingBytes;
    } else {
      const tail = { firstSeq: this.#writtenSeq + 1, bytes: this.#pendingBytes };
      this.#sql.exec(
        'INSERT INTO log_rows (first_seq, last_seq, bytes, cut, body) VALUES (?, ?, ?, ?, ?)',
        tail.firstSeq,
        this.#lastSeq,
        tail.bytes,
        cut,
        body,
      );
      // Only now: a tail that was not written would be appended to, in vain.
      this.#tail = tail;
    }
    this.#bytes += this.#pendingBytes;
    this.#writtenSeq = this.#lastSeq;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#pendingSince = null;
  }

  /** Gives what puts the log in memory back as it is now: for a transaction that is rolled back. */
  restorePoint(): () => void {
    const [lastSeq, writtenSeq, bytes, cut] = [this.#lastSeq, this.#writtenSeq, this.#bytes, this.#cut];
    const tail = this.#tail === null ? null : { ...this.#tail };
    const pending = [...this.#pending];
    const [pendingBytes, pendingSince] = [this.#pendingBytes, this.#pendingSince];
    return () => {
      this.#lastSeq = lastSeq;
      this.#writtenSeq = writtenSeq;
      this.#bytes = bytes;
      this.#cut = cut;
      this.#tail = tail;
      this.#pending = pending;
      this.#pendingBytes = pendingBytes;
      this.#pendingSince = pendingSince;
    };
  }

  /** NDJSON of all lines after `after`, about a row at a time, without the newline at the end. */
  *rows(after = 0): Generator<string> {
    this.flush();
    // Queried row by row: other writes come in between while this is streamed, and the last row may grow.
    for (let seen = after; ; ) {
      const row = this.#sql
        .exec<{ first_seq: number; last_seq: number; body: string }>(
          'SELECT first_seq, last_seq, body FROM log_rows WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1',
          seen + 1,
        )
        .toArray()[0];
      if (row === undefined || row.last_seq <= seen) return;
      const skip = seen + 1 - row.first_seq;
      seen = row.last_seq;
      yield skip === 0 ? row.body : row.body.split('\n').slice(skip).join('\n');
    }
  }

  /** A page of lines after `after`: at most `limit`, fewer when they are long. */
  read(after: number, limit: number): LogLine[] {
    return takePage(this.rows(after), limit);
  }

  /** All lines after `after`. */
  *lines(after: number): Generator<LogLine> {
    for (const row of this.rows(after)) {
      for (const text of row.split('\n')) yield LogLineSchema.parse(JSON.parse(text));
    }
  }

  /** Drops all rows: the log lies in storage now. Numbering goes on from where it was. */
  clear(): void {
    this.#sql.exec('DELETE FROM log_rows');
    this.#tail = null;
  }

  #add(line: LogLine, now: number): void {
    const text = JSON.stringify(line);
    if (this.#pendingBytes + text.length >= MOST_PENDING) this.flush();
    this.#pending.push(text);
    this.#pendingBytes += text.length + 1;
    this.#pendingSince ??= now;
    this.#lastSeq = line.seq;
  }
}

/** Whether each line's number follows on the one before. */
export function isContiguous(lines: readonly LogLine[]): boolean {
  return lines.every((line, index) => index === 0 || line.seq === (lines[index - 1]?.seq ?? 0) + 1);
}
