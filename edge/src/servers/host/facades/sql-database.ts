/** What a site finds under the name of a binding of kind `sqlite`: the API of D1. */
import type { RemoteResult, RemoteSql, RemoteStatement, SqlValue, StatementMeta } from './remote.ts';

/**
 * A database of D1 over the entrypoint. It runs in the site's own isolate: its text is put in front of the site's modules
 * (text.ts), so it uses nothing from outside of itself.
 * @see https://developers.cloudflare.com/d1/worker-api/
 */
export function sqlDatabaseFacade(remote: RemoteSql) {
  type Row = Record<string, unknown>;
  interface Result {
    success: true;
    meta: StatementMeta;
    results: Row[];
  }

  const failure = (code: string, message: string) =>
    new Error(`${code}: ${message}`, { cause: new Error(message) });

  /** As D1 shows it: bytes as an array of numbers, and what JSON can't express as null. */
  function shown(value: SqlValue): unknown {
    if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
    return typeof value === 'number' && !Number.isFinite(value) ? null : value;
  }

  function bound(value: unknown): SqlValue {
    if (value === null || typeof value === 'string') return value;
    if (typeof value === 'number') return Number.isFinite(value) ? value : null;
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (value instanceof ArrayBuffer) return value.slice(0);
    if (ArrayBuffer.isView(value) || isBytes(value)) {
      return Uint8Array.from(value as unknown as ArrayLike<number>).buffer;
    }
    throw failure('D1_TYPE_ERROR', `Type '${typeof value}' not supported for value '${value}'`);
  }

  const isBytes = (value: unknown): value is number[] =>
    Array.isArray(value) && value.every((byte) => typeof byte === 'number' && byte >= 0 && byte < 256);

  async function run(statements: readonly RemoteStatement[]): Promise<RemoteResult[]> {
    const answer = await remote.run(statements);
    if (!answer.ok) throw failure('D1_ERROR', answer.message);
    return answer.value;
  }

  const rowsOf = ({ columns, rows }: RemoteResult): Row[] =>
    rows.map((row) => Object.fromEntries(row.map((value, at) => [columns[at], shown(value)])));

  const resultOf = (result: RemoteResult): Result => ({
    success: true,
    meta: result.meta,
    results: rowsOf(result),
  });

  class D1PreparedStatement {
    readonly #statement: RemoteStatement;
    readonly #session: D1DatabaseSession | null;

    constructor(statement: RemoteStatement, session: D1DatabaseSession | null) {
      this.#statement = statement;
      this.#session = session;
    }

    static of(statement: D1PreparedStatement): RemoteStatement {
      return statement.#statement;
    }

    bind(...values: unknown[]): D1PreparedStatement {
      return new D1PreparedStatement({ ...this.#statement, params: values.map(bound) }, this.#session);
    }

    async #run(): Promise<RemoteResult> {
      const [result] = await run([this.#statement]);
      this.#session?.used();
      return result as RemoteResult;
    }

    async all(): Promise<Result> {
      return resultOf(await this.#run());
    }

    async run(): Promise<Result> {
      return resultOf(await this.#run());
    }

    async first(column?: string): Promise<unknown> {
      const [row] = rowsOf(await this.#run());
      if (row === undefined) return null;
      if (column === undefined) return row;
      if (row[column] === undefined) {
        throw new Error(`D1_COLUMN_NOTFOUND: Column not found (${column})`, {
          cause: new Error('Column not found'),
        });
      }
      return row[column];
    }

    async raw(options?: { columnNames?: boolean }): Promise<unknown[][]> {
      const { columns, rows } = await this.#run();
      return [...(options?.columnNames ? [columns] : []), ...rows.map((row) => row.map(shown))];
    }
  }

  const batch = async (statements: readonly D1PreparedStatement[]): Promise<Result[]> =>
    (await run(statements.map((statement) => D1PreparedStatement.of(statement)))).map(resultOf);

  /** There is one copy of a database, so every session reads what was written before it. */
  class D1DatabaseSession {
    #bookmark: string | null;

    constructor(bookmark: string | null) {
      this.#bookmark = bookmark;
    }

    used(): void {
      this.#bookmark ??= '00000000-00000000-00000000-00000000000000000000000000000000';
    }

    prepare(sql: string): D1PreparedStatement {
      return new D1PreparedStatement({ sql: String(sql), params: [] }, this);
    }

    async batch(statements: readonly D1PreparedStatement[]): Promise<Result[]> {
      const results = await batch(statements);
      this.used();
      return results;
    }

    getBookmark(): string | null {
      return this.#bookmark;
    }
  }

  class D1Database {
    prepare(sql: string): D1PreparedStatement {
      return new D1PreparedStatement({ sql: String(sql), params: [] }, null);
    }

    async batch(statements: readonly D1PreparedStatement[]): Promise<Result[]> {
      return batch(statements);
    }

    /** One statement a line, as D1 has it. */
    async exec(sql: string): Promise<{ count: number; duration: number }> {
      const lines = String(sql)
        .trim()
        .split('\n')
        .map((line) => ({ sql: line, params: [] }));
      const answer = await remote.run(lines);
      if (!answer.ok) {
        const at = answer.at ?? 0;
        throw failure('D1_EXEC_ERROR', `Error in line ${at + 1}: ${lines[at]?.sql}: ${answer.message}`);
      }
      return {
        count: answer.value.length,
        duration: answer.value.reduce((sum, { meta }) => sum + meta.duration, 0),
      };
    }

    withSession(constraint?: string): D1DatabaseSession {
      const wanted = constraint?.trim() ?? '';
      const isConstraint = ['', 'first-primary', 'first-unconstrained'].includes(wanted);
      return new D1DatabaseSession(isConstraint ? null : wanted);
    }

    async dump(): Promise<never> {
      throw failure('D1_DUMP_ERROR', 'dump() is not supported: use `appflux state export`');
    }
  }
  return new D1Database();
}
