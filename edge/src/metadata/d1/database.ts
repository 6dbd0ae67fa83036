/** D1 with prepared statements only, and with its failures as AppFluxErrors. */
import { AppFluxError, isAppFluxError } from '@appflux/protocol';
import type { D1Database, D1PreparedStatement } from '@cloudflare/workers-types';
import { requireStatement } from '../../limits/statement.ts';

/** What a column can hold: JSON and booleans are turned into these by the stores. */
export type Value = string | number | null;

/** One row, by column name. */
export type Row = Record<string, Value>;

/** A statement and the values for its `?` marks. */
export interface Statement {
  sql: string;
  values: Value[];
}

export class Database {
  readonly #db: D1Database;

  constructor(db: D1Database) {
    this.#db = db;
  }

  /** Runs a statement that writes; gives the number of rows that it changed. */
  async run(sql: string, ...values: Value[]): Promise<number> {
    const result = await reached(() => this.#prepare({ sql, values }).run());
    return result.meta.changes;
  }

  /** The first row, or null. */
  async first(sql: string, ...values: Value[]): Promise<Row | null> {
    return reached(() => this.#prepare({ sql, values }).first<Row>());
  }

  /** All rows. */
  async all(sql: string, ...values: Value[]): Promise<Row[]> {
    const result = await reached(() => this.#prepare({ sql, values }).all<Row>());
    return result.results;
  }

  /** Runs statements in one transaction: all of them or none. Gives each one's rows and number of changes. */
  async batch(statements: Statement[]): Promise<{ rows: Row[]; changes: number }[]> {
    const results = await reached(() =>
      this.#db.batch<Row>(statements.map((statement) => this.#prepare(statement))),
    );
    return results.map(({ results: rows, meta }) => ({ rows, changes: meta.changes }));
  }

  /** How large the database is, in bytes. */
  async size(): Promise<number> {
    const { meta } = await reached(() => this.#prepare({ sql: 'SELECT 1', values: [] }).run());
    return meta.size_after;
  }

  #prepare({ sql, values }: Statement): D1PreparedStatement {
    requireStatement(sql, values);
    return this.#db.prepare(sql).bind(...values);
  }
}

/**
 * A failure that says that the statement itself was wrong: a fault of ours, which trying again does not mend.
 * D1 gives SQLite's code at the end of the message (https://developers.cloudflare.com/d1/observability/debug-d1/).
 */
const FAULT_OF_OURS = /SQLITE_(?:CONSTRAINT|ERROR|MISMATCH|RANGE|TOOBIG)|D1_TYPE_ERROR/;

async function reached<Result>(query: () => Promise<Result>): Promise<Result> {
  try {
    return await query();
  } catch (cause) {
    if (isAppFluxError(cause) || FAULT_OF_OURS.test(String(cause))) throw cause;
    throw new AppFluxError('unavailable', 'The metadata store doesn’t respond', {
      hint: 'Try again in a few seconds.',
      retryAfterSeconds: 2,
      cause,
    });
  }
}
