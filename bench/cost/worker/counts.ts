/** What is counted. Worker and objects of a local instance share one isolate, and so these counts. */
import type { Counts } from '../counts.ts';

const zero = (): Counts => ({
  workerRequests: 0,
  queueInvocations: 0,
  objectRequests: 0,
  alarms: 0,
  socketMessages: 0,
  objectRowsWritten: 0,
  alarmsSet: 0,
  d1RowsRead: 0,
  d1RowsWritten: 0,
  queueOperations: 0,
  r2ClassA: 0,
  r2ClassB: 0,
});

let counts = zero();

/** Cursors that may not have written everything yet when they were made. */
let cursors: { cursor: SqlStorageCursor<Record<string, SqlStorageValue>>; counted: number }[] = [];

export function count(what: keyof Counts, by = 1): void {
  counts[what] += by;
}

/** Counts what a statement writes, now and while it is read. */
export function countCursor(cursor: SqlStorageCursor<Record<string, SqlStorageValue>>): void {
  cursors.push({ cursor, counted: 0 });
}

/** How things stand. */
export function read(): Counts {
  for (const entry of cursors) {
    const { rowsWritten } = entry.cursor;
    counts.objectRowsWritten += rowsWritten - entry.counted;
    entry.counted = rowsWritten;
  }
  return counts;
}

export function reset(): void {
  counts = zero();
  cursors = [];
}
