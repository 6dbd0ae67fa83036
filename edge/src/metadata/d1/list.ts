/** One page of any table whose rows have an ObjectId and a time of creation, newest first. */
import type { Page, PageQuery } from '@appflux/protocol';
import { MAX_PAGE_BYTES } from '../../limits/platform.ts';
import { type Listed, positionOf, toPage } from '../paging.ts';
import { number, textOrNull } from './columns.ts';
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

/** How large a row is, of tables whose rows may be large. */
const BYTES: Partial<Record<keyof typeof CREATED, string>> = {
  apps: 'octet_length(env_vars) + octet_length(build)',
  deployments: 'octet_length(record)',
};

/** The order of a list, newest first; its index ends with the same two columns. */
export const newestFirst = (table: keyof typeof CREATED) => `${CREATED[table]} DESC, id DESC`;

/** The condition that a row comes after a place, whose time and id are its two values. */
export const comesAfter = (table: keyof typeof CREATED) => `(${CREATED[table]}, id) < (?, ?)`;

export interface ListOptions {
  /** Further conditions, in SQL of ours with at most one value each. */
  also?: readonly { sql: string; value?: Value }[];
  /** What is read of a row, in SQL of ours; all of it when it is not said. */
  columns?: string;
}

/**
 * A page of `table`. The columns' names are ours and never a caller's.
 * The index must begin with the columns of `where`, in any order, and end with the time of creation and the id.
 */
export async function listPage<Item extends Listed>(
  database: Database,
  table: keyof typeof CREATED,
  where: Where,
  page: PageQuery,
  toItem: (row: Row) => Item,
  { also = [], columns = '*' }: ListOptions = {},
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
  const order = newestFirst(table);
  const sql = `SELECT ${columns} FROM ${table} WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ?`;
  values.push(page.limit + 1);
  if (BYTES[table] === undefined || columns !== '*') {
    const rows = await database.all(sql, ...values);
    return toPage(rows.map(toItem), page.limit);
  }
  const { rows, isCut } = await allWithinBytes(database, { sql, order, bytes: BYTES[table] }, values);
  return toPage(rows.map(toItem), page.limit, isCut);
}

/**
 * The first rows of a query, as far as they have MAX_PAGE_BYTES together, and one at least; whether there are others.
 * The sizes are summed up where the rows are, so that what is left out is not sent.
 */
export async function allWithinBytes(
  database: Database,
  { sql, order, bytes }: { sql: string; order: string; bytes: string },
  values: readonly Value[],
): Promise<{ rows: Row[]; isCut: boolean }> {
  const rows = await database.all(
    `SELECT * FROM (
       SELECT *, count(*) OVER () AS page_rows,
         sum(${bytes}) OVER (ORDER BY ${order} ROWS UNBOUNDED PRECEDING) - (${bytes}) AS bytes_before
       FROM (${sql})
     ) WHERE bytes_before < ${MAX_PAGE_BYTES} ORDER BY ${order}`,
    ...values,
  );
  const found = rows[0] === undefined ? 0 : number(rows[0], 'page_rows');
  return { rows, isCut: found > rows.length };
}
