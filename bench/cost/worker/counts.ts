/** The counts. Worker and objects of a local instance share one isolate, and so these counts. */
import type { Counts } from '../counts.ts';

const zero = (): Counts => ({
  workerRequests: 0,
  queueInvocations: 0,
  objectRequests: 0,
  alarms: 0,
  awakeMs: 0,
  socketMessages: 0,
  objectRowsWritten: 0,
  rowsByStatement: {},
  alarmsSet: 0,
  d1RowsRead: 0,
  d1RowsWritten: 0,
  queueOperations: 0,
  r2ClassA: 0,
  r2ClassB: 0,
});

let counts = zero();

type Cursor = SqlStorageCursor<Record<string, SqlStorageValue>>;

/** Cursors that may not have written everything yet when they were created. */
let cursors: { statement: string; cursor: Cursor; counted: number }[] = [];

export function count(what: Exclude<keyof Counts, 'rowsByStatement'>, by = 1): void {
  counts[what] += by;
}

/** Counts what a statement writes, now and while it is read. */
export function countCursor(statement: string, cursor: Cursor): void {
  cursors.push({ statement, cursor, counted: 0 });
}

/** Counts rows that were written. */
export function countRows(statement: string, rows: number): void {
  counts.objectRowsWritten += rows;
  counts.rowsByStatement[statement] = (counts.rowsByStatement[statement] ?? 0) + rows;
}

/** The current counts. */
export function read(): Counts {
  for (const entry of cursors) {
    const { statement, cursor, counted } = entry;
    const fresh = cursor.rowsWritten - counted;
    if (fresh === 0) continue;
    entry.counted += fresh;
    countRows(statement, fresh);
  }
  return counts;
}

export function reset(): void {
  counts = zero();
  cursors = [];
}
