/**
 * The log of one deployment in its object's SQLite: sequenced lines, many to a row.
 *
 * A row holds lines as NDJSON, so that replaying, downloading and archiving never parse what was written.
 * Batches are gathered for a moment before they become a row, because rows are what the platform bills;
 * they are acked only once they are written, so nothing acked can be lost.
 */
import { type LogLine, LogLine as LogLineSchema, type Phase } from '@appflux/protocol';

/** Rows below this size are worth waiting for. */
const ROW_TARGET_BYTES = 256 * 1024;

export type Appended =
  /** Taken. */
  | { kind: 'taken' }
  /** Every line of it was here already. */
  | { kind: 'repeated' }
  /** A line is missing before it. */
  | { kind: 'gap'; expected: number };

export class LogStore {
  readonly #sql: SqlStorage;
  readonly #capBytes: number;
  #lastSeq: number;
  #writtenSeq: number;
  #bytes: number;
  #cutAt: number | null;
  #pending: string[] = [];
  #pendingBytes = 0;

  /** `capBytes`: beyond this many bytes the log is cut, which a marker line says. */
  constructor(sql: SqlStorage, capBytes: number) {
    this.#sql = sql;
    this.#capBytes = capBytes;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS log_rows (last_seq INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL, bytes INTEGER NOT NULL, cut INTEGER NOT NULL, body TEXT NOT NULL)',
    );
    const { lastSeq, bytes, cutAt } = sql
      .exec<{ lastSeq: number | null; bytes: number | null; cutAt: number | null }>(
        'SELECT max(last_seq) AS lastSeq, sum(bytes) AS bytes, max(CASE WHEN cut = 1 THEN last_seq END) AS cutAt FROM log_rows',
      )
      .one();
    this.#lastSeq = lastSeq ?? 0;
    this.#writtenSeq = this.#lastSeq;
    this.#bytes = bytes ?? 0;
    this.#cutAt = cutAt;
  }

  /** The newest line there is, written or not. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** The newest line that is safe. */
  get writtenSeq(): number {
    return this.#writtenSeq;
  }

  /** Whether the cap was reached; lines are then dropped, as the marker line says. */
  get isCut(): boolean {
    return this.#cutAt !== null;
  }

  /**
   * Takes the next lines. `lines` are in order and without gaps among themselves (see `isContiguous`); those
   * that are here already are dropped.
   */
  append(lines: readonly LogLine[]): Appended {
    const fresh = lines.filter((line) => line.seq > this.#lastSeq);
    const first = fresh[0];
    if (first === undefined) return { kind: 'repeated' };
    if (first.seq !== this.#lastSeq + 1) return { kind: 'gap', expected: this.#lastSeq + 1 };
    for (const line of fresh) this.#add(line);
    return { kind: 'taken' };
  }

  /** Adds a line in AppFlux's own voice. Only while no runner numbers lines. */
  say(text: string, phase: Phase | null, now: number): LogLine {
    const line: LogLine = {
      seq: this.#lastSeq + 1,
      at: new Date(now).toISOString(),
      stream: 'system',
      phase,
      text,
    };
    this.#add(line);
    return line;
  }

  /** Ends the log here: a marker says so, and it counts as cut. */
  cut(now: number): LogLine {
    const megabytes = Math.round(this.#capBytes / 1e6);
    const line = this.say(
      `The log is longer than ${megabytes} MB and was cut here. The build goes on.`,
      null,
      now,
    );
    this.#cutAt = line.seq;
    this.flush();
    return line;
  }

  /** Whether `lines` would take the log beyond its cap. */
  exceeds(lines: readonly LogLine[]): boolean {
    const more = lines.reduce((sum, line) => sum + line.text.length, 0);
    return this.#bytes + this.#pendingBytes + more > this.#capBytes;
  }

  /** Whether enough has been gathered for a row. */
  get isFull(): boolean {
    return this.#pendingBytes >= ROW_TARGET_BYTES;
  }

  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  /** Writes what has been gathered. */
  flush(): void {
    if (this.#pending.length === 0) return;
    this.#sql.exec(
      'INSERT INTO log_rows (last_seq, first_seq, bytes, cut, body) VALUES (?, ?, ?, ?, ?)',
      this.#lastSeq,
      this.#writtenSeq + 1,
      this.#pendingBytes,
      this.#cutAt === this.#lastSeq ? 1 : 0,
      this.#pending.join('\n'),
    );
    this.#bytes += this.#pendingBytes;
    this.#writtenSeq = this.#lastSeq;
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  /** NDJSON of all lines after `after`, a row at a time, without the newline at the end. */
  *rows(after = 0): Generator<string> {
    this.flush();
    // Asked row by row: whoever reads this as a stream lets other writes in between.
    for (let seen = after; ; ) {
      const row = this.#sql
        .exec<{ first_seq: number; last_seq: number; body: string }>(
          'SELECT first_seq, last_seq, body FROM log_rows WHERE last_seq > ? ORDER BY last_seq LIMIT 1',
          seen,
        )
        .toArray()[0];
      if (row === undefined) return;
      const skip = seen + 1 - row.first_seq;
      seen = row.last_seq;
      yield skip <= 0 ? row.body : row.body.split('\n').slice(skip).join('\n');
    }
  }

  /** At most `limit` lines after `after`. */
  read(after: number, limit: number): LogLine[] {
    return takeLines(this.rows(after), limit);
  }

  /** Drops all rows: the log lies in storage now. Numbering goes on from where it was. */
  clear(): void {
    this.#sql.exec('DELETE FROM log_rows');
  }

  #add(line: LogLine): void {
    const text = JSON.stringify(line);
    this.#pending.push(text);
    this.#pendingBytes += text.length + 1;
    this.#lastSeq = line.seq;
  }
}

/** Whether each line's number follows on the one before. */
export function isContiguous(lines: readonly LogLine[]): boolean {
  return lines.every((line, index) => index === 0 || line.seq === (lines[index - 1]?.seq ?? 0) + 1);
}

/** The first `limit` lines of NDJSON that comes in pieces of whole lines. */
export function takeLines(pieces: Iterable<string>, limit: number): LogLine[] {
  const lines: LogLine[] = [];
  for (const piece of pieces) {
    for (const text of piece.split('\n')) {
      if (lines.length === limit) return lines;
      lines.push(LogLineSchema.parse(JSON.parse(text)));
    }
  }
  return lines;
}

/** A viewer's frame from NDJSON, without parsing it. */
export const linesFrame = (ndjson: string) => `{"type":"lines","lines":[${ndjson.replaceAll('\n', ',')}]}`;
