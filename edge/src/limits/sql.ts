/**
 * SQL within the platform's limits, which workerd does not enforce on one machine: what would fail on Cloudflare fails
 * here and in every test, before it is run.
 */
import { requireStatement } from './statement.ts';

/** An object's SQL whose statements are checked. */
export type Sql = Pick<SqlStorage, 'exec'>;

/** The SQL of an object's storage; each statement is checked before it is run (see `requireStatement`). */
export function limitedSql(sql: SqlStorage): Sql {
  return {
    exec<Row extends Record<string, SqlStorageValue>>(statement: string, ...values: SqlStorageValue[]) {
      requireStatement(statement, values);
      return sql.exec<Row>(statement, ...values);
    },
  };
}
