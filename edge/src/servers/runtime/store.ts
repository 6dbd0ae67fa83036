/**
 * The log and the hours of an app's servers in its object's SQLite. A row holds many lines as NDJSON, because the platform
 * bills rows, and a batch of counts is one row per deployment and hour.
 */
import {
  MAX_PAGE_LENGTH,
  RUNTIME_LIMITS,
  type RuntimeCounts,
  type RuntimeFilter,
  RuntimeLevel,
  RuntimeLine,
  type RuntimeLogPage,
  type RuntimeSubject,
  utf8Bytes,
} from '@appflux/protocol';
import type { Sql } from '../../limits/sql.ts';
import { addDurations, type Durations } from './histogram.ts';

const HOUR_MS = 3_600_000;
const HOURS_MS = RUNTIME_LIMITS.hourDays * 24 * HOUR_MS;

/** A row grows up to this size, and takes lines for this long: it is removed as a whole. */
const ROW_BYTES = 64 * 1024;
const ROW_MS = HOUR_MS;

/** How many deployments are counted apart in one hour; further ones are counted together, under this id. */
const MOST_DEPLOYMENTS = 200;
const FURTHER = '0'.repeat(24);

/** A line before it is numbered. */
export type NewLine = Omit<RuntimeLine, 'seq'>;

/** What was counted of one deployment. */
export interface NewCounts extends RuntimeCounts, Pick<RuntimeSubject, 'deploymentId' | 'environment'> {}

/** What was counted in an hour that began at `at` (Unix milliseconds). */
export interface Hour {
  readonly at: number;
  readonly requests: number;
  readonly errors: number;
  readonly cpuMs: number;
  readonly durations: Durations;
}

export interface PageQuery {
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
  readonly filter: RuntimeFilter;
}

interface Row extends Record<string, SqlStorageValue> {
  first: number;
  last: number;
  body: string;
}

export class RuntimeStore {
  readonly #sql: Sql;
  #lastSeq: number;

  /** Creates the tables, unless they are there. */
  constructor(sql: Sql) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS lines (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, began_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, bytes INTEGER NOT NULL, body TEXT NOT NULL)',
    );
    sql.exec(
      'CREATE TABLE IF NOT EXISTS hours (hour INTEGER NOT NULL, environment TEXT NOT NULL, deployment_id TEXT NOT NULL, requests INTEGER NOT NULL, errors INTEGER NOT NULL, cpu_ms REAL NOT NULL, durations TEXT NOT NULL, PRIMARY KEY (hour, environment, deployment_id)) WITHOUT ROWID',
    );
    sql.exec(
      'CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID',
    );
    this.#lastSeq =
      sql.exec<{ last: number | null }>('SELECT max(last) AS last FROM lines').one().last ??
      this.note('lastSeq') ??
      0;
  }

  /** Whether an object has the tables. */
  static isIn(sql: Sql): boolean {
    const tables = sql.exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'notes'");
    return tables.toArray().length > 0;
  }

  /** The number of the newest line that there ever was. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** A number that was kept under a name; null if none was. */
  note(name: string): number | null {
    const rows = this.#sql.exec<{ value: number }>('SELECT value FROM notes WHERE name = ?', name).toArray();
    return rows[0]?.value ?? null;
  }

  keep(name: string, value: number): void {
    this.#sql.exec('INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)', name, value);
  }

  /** Adds lines at `now`, in one row. Gives them with their numbers. */
  append(lines: readonly NewLine[], now: number): RuntimeLine[] {
    if (lines.length === 0) return [];
    const numbered = lines.map((line, index): RuntimeLine => ({ seq: this.#lastSeq + 1 + index, ...line }));
    const body = numbered.map((line) => JSON.stringify(line)).join('\n');
    const bytes = utf8Bytes(body) + 1;
    const last = this.#lastSeq + numbered.length;
    const tail = this.#sql
      .exec<{ first: number; bytes: number; began: number }>(
        'SELECT first, bytes, began_at AS began FROM lines ORDER BY first DESC LIMIT 1',
      )
      .toArray()[0];
    if (tail !== undefined && tail.bytes + bytes <= ROW_BYTES && Math.abs(now - tail.began) < ROW_MS) {
      this.#sql.exec(
        'UPDATE lines SET last = ?, ended_at = ?, bytes = bytes + ?, body = body || char(10) || ? WHERE first = ?',
        last,
        now,
        bytes,
        body,
        tail.first,
      );
    } else {
      this.#sql.exec(
        'INSERT INTO lines (first, last, began_at, ended_at, bytes, body) VALUES (?, ?, ?, ?, ?, ?)',
        this.#lastSeq + 1,
        last,
        now,
        now,
        bytes,
        body,
      );
    }
    this.#lastSeq = last;
    return numbered;
  }

  /** Adds what was counted. */
  count(counts: readonly NewCounts[]): void {
    for (const one of counts) {
      const hour = Math.floor(Date.parse(one.at) / HOUR_MS) * HOUR_MS;
      const deploymentId = this.#countedAs(hour, one);
      const known = this.#sql
        .exec<{ requests: number; errors: number; cpu_ms: number; durations: string }>(
          'SELECT requests, errors, cpu_ms, durations FROM hours WHERE hour = ? AND environment = ? AND deployment_id = ?',
          hour,
          one.environment,
          deploymentId,
        )
        .toArray()[0];
      this.#sql.exec(
        'INSERT OR REPLACE INTO hours (hour, environment, deployment_id, requests, errors, cpu_ms, durations) VALUES (?, ?, ?, ?, ?, ?, ?)',
        hour,
        one.environment,
        deploymentId,
        (known?.requests ?? 0) + one.requests,
        (known?.errors ?? 0) + one.errors,
        (known?.cpu_ms ?? 0) + one.cpuMs,
        JSON.stringify(addDurations(known === undefined ? [] : durationsOf(known.durations), one.durations)),
      );
    }
  }

  /** The hours from `from` on (Unix milliseconds) in which anything was counted, in order. */
  hours(
    from: number,
    { environment, deploymentId }: Pick<RuntimeFilter, 'environment' | 'deploymentId'>,
  ): Hour[] {
    const rows = this.#sql.exec<{
      hour: number;
      requests: number;
      errors: number;
      cpu_ms: number;
      durations: string;
    }>(
      'SELECT hour, requests, errors, cpu_ms, durations FROM hours WHERE hour >= ? AND (? IS NULL OR environment = ?) AND (? IS NULL OR deployment_id = ?) ORDER BY hour',
      from,
      environment ?? null,
      environment ?? null,
      deploymentId ?? null,
      deploymentId ?? null,
    );
    const hours = new Map<number, Hour>();
    for (const { hour, requests, errors, cpu_ms, durations } of rows) {
      const sum = hours.get(hour);
      hours.set(hour, {
        at: hour,
        requests: (sum?.requests ?? 0) + requests,
        errors: (sum?.errors ?? 0) + errors,
        cpuMs: (sum?.cpuMs ?? 0) + cpu_ms,
        durations: addDurations(sum?.durations ?? [], durationsOf(durations)),
      });
    }
    return [...hours.values()];
  }

  /** Some lines: those after a number, those before one, or the newest. */
  page({ after, before, limit, filter }: PageQuery): RuntimeLogPage {
    const matches = matcherOf(filter);
    return after === undefined
      ? this.#pageBefore(before ?? this.#lastSeq + 1, limit, matches)
      : this.#pageAfter(after, limit, matches);
  }

  #pageAfter(after: number, limit: number, matches: (line: RuntimeLine) => boolean): RuntimeLogPage {
    const items: RuntimeLine[] = [];
    let length = 0;
    let isFull = false;
    for (let row = this.#rowAt(after + 1); row !== null && !isFull; row = this.#rowAt(row.last + 1)) {
      for (const [line, size] of linesIn(row)) {
        if (line.seq <= after || !matches(line)) continue;
        isFull = items.length >= limit || (items.length > 0 && length + size > MAX_PAGE_LENGTH);
        if (isFull) break;
        items.push(line);
        length += size;
      }
    }
    const first = items[0]?.seq ?? Math.min(after, this.#lastSeq) + 1;
    return {
      items,
      lastSeq: this.#lastSeq,
      nextAfter: isFull ? (items.at(-1)?.seq ?? after) : this.#lastSeq,
      previousBefore: first > this.#firstSeq() ? first : null,
    };
  }

  #pageBefore(before: number, limit: number, matches: (line: RuntimeLine) => boolean): RuntimeLogPage {
    const items: RuntimeLine[] = [];
    let length = 0;
    let isFull = false;
    for (let row = this.#rowBelow(before); row !== null && !isFull; row = this.#rowBelow(row.first)) {
      for (const [line, size] of linesIn(row).reverse()) {
        if (line.seq >= before || !matches(line)) continue;
        isFull = items.length >= limit || (items.length > 0 && length + size > MAX_PAGE_LENGTH);
        if (isFull) break;
        items.push(line);
        length += size;
      }
    }
    items.reverse();
    return {
      items,
      lastSeq: this.#lastSeq,
      nextAfter: Math.min(before - 1, this.#lastSeq),
      previousBefore: isFull ? (items[0]?.seq ?? null) : null,
    };
  }

  /** Removes what is kept no longer at `now`. */
  trim(now: number): void {
    this.#sql.exec('DELETE FROM lines WHERE ended_at <= ?', now - RUNTIME_LIMITS.keptMs);
    // Rows are small, so the sum over those that are newer is quickly read.
    this.#sql.exec(
      'DELETE FROM lines WHERE first <= (SELECT max(first) FROM (SELECT first, sum(bytes) OVER (ORDER BY first DESC) AS newer FROM lines) WHERE newer > ?)',
      RUNTIME_LIMITS.keptBytes,
    );
    this.#sql.exec('DELETE FROM hours WHERE hour <= ?', now - HOURS_MS - HOUR_MS);
    const left = this.#sql.exec<{ rows: number }>('SELECT count(*) AS rows FROM lines').one().rows;
    if (left === 0 && this.#lastSeq > (this.note('lastSeq') ?? 0)) this.keep('lastSeq', this.#lastSeq);
  }

  /** When something is to be removed next, in Unix milliseconds; null when nothing is kept. */
  trimAt(): number | null {
    const { ended, hour } = this.#sql
      .exec<{ ended: number | null; hour: number | null }>(
        'SELECT (SELECT ended_at FROM lines ORDER BY first LIMIT 1) AS ended, (SELECT min(hour) FROM hours) AS hour',
      )
      .one();
    const times = [
      ...(ended === null ? [] : [ended + RUNTIME_LIMITS.keptMs]),
      ...(hour === null ? [] : [hour + HOURS_MS + HOUR_MS]),
    ];
    return times.length === 0 ? null : Math.min(...times);
  }

  #firstSeq(): number {
    return this.#sql.exec<{ first: number | null }>('SELECT min(first) AS first FROM lines').one().first ?? 1;
  }

  /** The row that has this line, or the first one after it. */
  #rowAt(seq: number): Row | null {
    const rows = this.#sql.exec<Row>(
      'SELECT first, last, body FROM lines WHERE last >= ? ORDER BY first LIMIT 1',
      seq,
    );
    return rows.toArray()[0] ?? null;
  }

  /** The last row that begins below this line. */
  #rowBelow(seq: number): Row | null {
    const rows = this.#sql.exec<Row>(
      'SELECT first, last, body FROM lines WHERE first < ? ORDER BY first DESC LIMIT 1',
      seq,
    );
    return rows.toArray()[0] ?? null;
  }

  #countedAs(hour: number, { deploymentId }: NewCounts): string {
    const { known, others } = this.#sql
      .exec<{ known: number; others: number }>(
        'SELECT coalesce(sum(deployment_id = ?), 0) AS known, count(DISTINCT deployment_id) AS others FROM hours WHERE hour = ?',
        deploymentId,
        hour,
      )
      .one();
    return known > 0 || others < MOST_DEPLOYMENTS ? deploymentId : FURTHER;
  }
}

/** Whether a line is one of those that are asked for. */
export function matcherOf({
  environment,
  deploymentId,
  level,
}: RuntimeFilter): (line: RuntimeLine) => boolean {
  const rank = level === undefined ? 0 : RuntimeLevel.options.indexOf(level);
  return (line) =>
    (environment === undefined || line.environment === environment) &&
    (deploymentId === undefined || line.deploymentId === deploymentId) &&
    RuntimeLevel.options.indexOf(line.level) >= rank;
}

/** The lines of a row, each with the length of its JSON. */
const linesIn = ({ body }: Row): [RuntimeLine, number][] =>
  body.split('\n').map((text) => [RuntimeLine.parse(JSON.parse(text)), text.length]);

const durationsOf = (text: string): [number, number][] => JSON.parse(text);
