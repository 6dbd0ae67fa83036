/** One page of any table whose rows have an ObjectId and a time of creation, newest first. */
import type { Page, PageQuery } from '@appflux/protocol';
import { type Listed, positionOf, toPage } from '../paging.ts';
import { textOrNull } from './columns.ts';
import type { Database, Row, Value } from './database.ts';

/** The columns that a list is narrowed by, all of which must be equal. */
export type Where = Record<string, Value>;

/** The tables that are listed, and the column that says when a row was created. */
const CREATED = {
  apps: 'created_at',
  deployments: 'created_at',
  tokens: 'created_at',
  members: 'created_at',
  runners: 'created_at',
  audit: 'at',
} as const;

/** The order of a list, newest first; its index ends with the same two columns. */
export const newestFirst = (table: keyof typeof CREATED) => `${CREATED[table]} DESC, id DESC`;

/** The condition that a row comes after a place, whose time and id are its two values. */
export const comesAfter = (table: keyof typeof CREATED) => `(${CREATED[table]}, id) < (?, ?)`;

/**
 * A page of `table`. The columns' names are ours and never a caller's.
 * `also` are further conditions, in SQL of ours with at most one value each.
 * The index must begin with the columns of `where`, in any order, and end with the time of creation and the id.
 */
export async function listPage<Item extends Listed>(
  database: Database,
  table: keyof typeof CREATED,
  where: Where,
  page: PageQuery,
  toItem: (row: Row) => Item,
  also: readonly { sql: string; value?: Value }[] = [],
): Promise<Page<Item>> {
  const position = await positionOf(page, async (id) => {
    const row = await database.first(`SELECT ${CREATED[table]} AS created FROM ${table} WHERE id = ?`, id);
    return row && textOrNull(row, 'created');
  });
  const conditions = Object.keys(where).map((column) => `${column} = ?`);
  const values = Object.values(where);
  for (const { sql, value } of also) {
    conditions.push(sql);
    if (value !== undefined) values.push(value);
  }
  if (position !== null) {
    conditions.push(comesAfter(table));
    values.push(position.at, position.id);
  }
  const rows = await database.all(
    `SELECT * FROM ${table} WHERE ${conditions.join(' AND ')} ORDER BY ${newestFirst(table)} LIMIT ?`,
    ...values,
    page.limit + 1,
  );
  return toPage(rows.map(toItem), page.limit);
}
