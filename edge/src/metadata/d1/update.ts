/** An UPDATE of the members that a change names, and of no others. */
import type { Database, Row, Value } from './database.ts';

/** For each member that may change: its column, and how its value is kept. */
export type Columns<Change> = {
  [Member in keyof Change]-?: {
    column: string;
    keep: (value: Exclude<Change[Member], undefined>) => Value;
  };
};

/**
 * Changes the named members of the row with this id and gives the row as it is then; null when there is none.
 * A change that names nothing only reads. With `only`, a row that has another value in that column counts as none. `table`
 * and the columns' names are ours and never a caller's.
 */
export async function updateRow<Change extends object>(
  database: Database,
  table: string,
  id: string,
  change: Change,
  columns: Columns<Change>,
  only?: { readonly column: string; readonly value: Value },
): Promise<Row | null> {
  const sets: string[] = [];
  const values: Value[] = [];
  for (const member of Object.keys(columns) as (keyof Change)[]) {
    const value = change[member];
    if (value === undefined) continue;
    const { column, keep } = columns[member];
    sets.push(`${column} = ?`);
    values.push(keep(value as Exclude<Change[keyof Change], undefined>));
  }
  const where = only === undefined ? 'id = ?' : `id = ? AND ${only.column} IS ?`;
  const found = only === undefined ? [id] : [id, only.value];
  if (sets.length === 0) return database.first(`SELECT * FROM ${table} WHERE ${where}`, ...found);
  return database.first(
    `UPDATE ${table} SET ${sets.join(', ')} WHERE ${where} RETURNING *`,
    ...values,
    ...found,
  );
}
