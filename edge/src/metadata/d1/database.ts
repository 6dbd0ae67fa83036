/** D1 with prepared statements only, and with its failures as AppFluxErrors. */
import { AppFluxError, isAppFluxError } from '@appflux/protocol';
import type { D1Database, D1PreparedStatement } from '@cloudflare/workers-types';
import { requireStatement } from '../../limits/statement.ts';
import { GatheredReads, type Row, type Value } from './gathered-reads.ts';

export type { Row, Value } from './gathered-reads.ts';

/** A statement and the values for its `?` marks. */
export interface Statement {
  sql: string;
  values: Value[];
}

/** A statement that changes nothing, so that asking twice does no harm; others return what they have changed. */
const READS = /^\s*SELECT\b/i;

export class Database {
  readonly #db: D1Database;
  readonly #reads: GatheredReads;

  constructor(db: D1Database) {
    this.#db = db;
    this.#reads = new GatheredReads(db);
  }

  /** Runs a statement that writes; gives the number of rows that it changed. */
  async run(sql: string, ...values: Value[]): Promise<number> {
    const result = await reached(() => {
      const statement = this.#prepare({ sql, values });
      this.#reads.send();
      return statement.run();
    });
    return result.meta.changes;
  }

  /** The first row, or null. */
  async first(sql: string, ...values: Value[]): Promise<Row | null> {
    const [row = null] = await this.all(sql, ...values);
    return row;
  }

  /** All rows. */
  async all(sql: string, ...values: Value[]): Promise<Row[]> {
    return reached(async () => {
      const statement = this.#prepare({ sql, values });
      if (READS.test(sql)) return this.#reads.read(statement);
      this.#reads.send();
      const { results } = await statement.all<Row>();
      return results;
    });
  }

  /** Runs statements in one transaction: all of them or none. Gives each one's rows and number of changes. */
  async batch(statements: Statement[]): Promise<{ rows: Row[]; changes: number }[]> {
    const results = await reached(() => {
      const prepared = statements.map((statement) => this.#prepare(statement));
      this.#reads.send();
      return this.#db.batch<Row>(prepared);
    });
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
