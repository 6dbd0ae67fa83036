/** One page of any table whose rows have an ObjectId, newest first. */
import type { Page, PageQuery } from '@appflux/protocol';
import { positionOf, toPage } from '../paging.ts';
import type { Database, Row, Value } from './database.ts';

/** The columns that a list is narrowed by, all of which must be equal. */
export type Where = Record<string, Value>;

/**
 * A page of `table`, whose name and whose columns' names are ours and never a caller's.
 * `also` are further conditions, in SQL of ours with at most one value each.
 * The index must begin with the columns of `where`, in any order, and end with id.
 */
export async function listPage<Item extends { id: string }>(
  database: Database,
  table: string,
  where: Where,
  page: PageQuery,
  toItem: (row: Row) => Item,
  also: readonly { sql: string; value?: Value }[] = [],
): Promise<Page<Item>> {
  const position = positionOf(page);
  const conditions = Object.keys(where).map((column) => `${column} = ?`);
  const values = Object.values(where);
  for (const { sql, value } of also) {
    conditions.push(sql);
    if (value !== undefined) values.push(value);
  }
  if (position !== null) {
    conditions.push('id < ?');
    values.push(position);
  }
  const rows = await database.all(
    `SELECT * FROM ${table} WHERE ${conditions.join(' AND ')} ORDER BY id DESC LIMIT ?`,
    ...values,
    page.limit + 1,
  );
  return toPage(rows.map(toItem), page.limit);
}
