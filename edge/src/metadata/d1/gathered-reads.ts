/**
 * Reads that begin side by side, as one call of D1: most of what a read takes is the call, here and on Cloudflare. All
 * reads of a turn of the event loop that begin before its first microtask share one. Microtasks run before the code of
 * another request does, so reads of two requests never do.
 */
import type { D1Database, D1PreparedStatement } from '@cloudflare/workers-types';

/** What a column can hold: JSON and booleans are turned into these by the stores. */
export type Value = string | number | null;

/** One row, by column name. */
export type Row = Record<string, Value>;

interface Read {
  readonly statement: D1PreparedStatement;
  readonly rows: PromiseWithResolvers<Row[]>;
}

export class GatheredReads {
  readonly #db: Pick<D1Database, 'batch'>;
  #gathered: Read[] = [];

  constructor(db: Pick<D1Database, 'batch'>) {
    this.#db = db;
  }

  /** The rows of a statement that only reads. @throws D1's error */
  read(statement: D1PreparedStatement): Promise<Row[]> {
    const rows = Promise.withResolvers<Row[]>();
    this.#gathered.push({ statement, rows });
    if (this.#gathered.length === 1) queueMicrotask(() => this.send());
    return rows.promise;
  }

  /** Sends what was gathered. Call it before a write, which must not overtake the reads that began before it. */
  send(): void {
    const reads = this.#gathered;
    this.#gathered = [];
    if (reads.length > 1) void this.#together(reads);
    else for (const read of reads) void alone(read);
  }

  async #together(reads: readonly Read[]): Promise<void> {
    try {
      const results = await this.#db.batch<Row>(reads.map(({ statement }) => statement));
      for (const [index, { rows }] of reads.entries()) rows.resolve(results[index]?.results ?? []);
    } catch {
      // One that is wrong fails all of them. Each gets an answer of its own then, or an error of its own.
      for (const read of reads) void alone(read);
    }
  }
}

/** Never rejects: its error is for who waits for the rows. */
async function alone({ statement, rows }: Read): Promise<void> {
  try {
    const { results } = await statement.all<Row>();
    rows.resolve(results);
  } catch (error) {
    rows.reject(error);
  }
}
