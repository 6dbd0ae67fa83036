/** SQL statements of a site in an object's SQLite. */
import type { RemoteResult, RemoteStatement, SqlValue } from '../facades/remote.ts';
import { SQL_LIMITS } from './limits.ts';
import { StateRefusal } from './refusal.ts';

type Storage = Pick<SqlStorage, 'exec' | 'databaseSize'>;

/** A statement, and which one it was of those that a site sent. */
interface Numbered extends RemoteStatement {
  readonly at: number;
}

/** The statements without those that are nothing but blanks and comments. Throws a StateRefusal if none are left. */
export function realStatements(statements: readonly RemoteStatement[]): Numbered[] {
  const real = statements
    .map((statement, at) => ({ ...statement, at }))
    .filter(({ sql }) => sql.length > SQL_LIMITS.statementBytes || !isBlank(sql));
  if (real.length === 0) throw new StateRefusal(400, 'No SQL statements detected.');
  return real;
}

const isBlank = (sql: string): boolean =>
  sql.split('\n').every((line) => {
    const text = line.trim();
    return text === '' || text.startsWith('--');
  });

/**
 * Runs statements one after the other, inside of a transaction of the caller's: an error of one rolls all back. workerd
 * itself refuses what reaches beyond the database: ATTACH, PRAGMA but for a few, extensions, and transactions of SQL.
 * Throws a StateRefusal with SQLite's error, or for results that are too large for an answer.
 */
export function runStatements(storage: Storage, statements: readonly Numbered[]): RemoteResult[] {
  const budget = { left: SQL_LIMITS.resultBytes };
  return statements.map((statement) => {
    try {
      return runStatement(storage, statement, budget);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const status = error instanceof StateRefusal ? error.status : 400;
      throw new StateRefusal(status, isTransaction(error) ? NO_TRANSACTIONS : error.message, statement.at);
    }
  });
}

/** workerd's own message names an API that sites don't have. */
const isTransaction = ({ message }: Error): boolean => message.startsWith('To execute a transaction');
const NO_TRANSACTIONS =
  'BEGIN, COMMIT and SAVEPOINT are not supported. Use batch(): its statements run as one transaction.';

function runStatement(
  storage: Storage,
  { sql, params }: RemoteStatement,
  budget: { left: number },
): RemoteResult {
  if (params.some((value) => sizeOf(value) > SQL_LIMITS.valueBytes)) {
    throw new StateRefusal(413, 'string or blob too big: SQLITE_TOOBIG');
  }
  const before = { ...changesOf(storage), size: storage.databaseSize };
  const startedAt = performance.now();
  const cursor = storage.exec(sql, ...params);
  const rows: SqlValue[][] = [];
  for (const row of cursor.raw()) {
    budget.left -= row.reduce((sum: number, value) => sum + sizeOf(value), 0);
    if (budget.left < 0) {
      throw new StateRefusal(
        413,
        `The result is larger than ${SQL_LIMITS.resultBytes / 1024 / 1024} MiB. Read fewer rows or columns at a time, for example with LIMIT.`,
      );
    }
    rows.push(row);
  }
  const duration = performance.now() - startedAt;
  const after = { ...changesOf(storage), size: storage.databaseSize };
  const changes = after.changes - before.changes;
  return {
    columns: cursor.columnNames,
    rows,
    meta: {
      served_by: 'appflux',
      served_by_primary: true,
      total_attempts: 1,
      timings: { sql_duration_ms: duration },
      duration,
      changes,
      last_row_id: after.lastRowId,
      changed_db: changes !== 0 || after.lastRowId !== before.lastRowId || after.size !== before.size,
      size_after: after.size,
      rows_read: cursor.rowsRead,
      rows_written: cursor.rowsWritten,
    },
  };
}

function changesOf(storage: Storage): { changes: number; lastRowId: number } {
  const row = storage
    .exec<{ changes: number; id: number }>('SELECT total_changes() AS changes, last_insert_rowid() AS id')
    .one();
  return { changes: row.changes, lastRowId: row.id };
}

/** Roughly what a value takes in an answer, in bytes; a row of none still takes some. */
function sizeOf(value: SqlValue): number {
  if (typeof value === 'string') return value.length;
  return value instanceof ArrayBuffer ? value.byteLength : 8;
}
