/** The file of a local D1 database, while its instance does not run, with the part of D1's API that a copy needs. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { D1Database } from '@cloudflare/workers-types';

export interface OpenFile extends Disposable {
  database: D1Database;
}

/** A statement with its values. */
interface Bound {
  sql: string;
  values: SQLInputValue[];
}

/**
 * Opens the database of an instance whose state is in `persist`. Through D1 each statement would be a call to another
 * process, which takes minutes for many thousands.
 */
export async function openFile(persist: string): Promise<OpenFile> {
  const sqlite = new DatabaseSync(await databaseIn(persist));
  const bound = ({ sql, values }: Bound) => ({
    sql,
    values,
    bind: (...given: SQLInputValue[]) => bound({ sql, values: given }),
    all: async () => ({ results: sqlite.prepare(sql).all(...values) }),
  });
  const surface = {
    prepare: (sql: string) => bound({ sql, values: [] }),
    async batch(statements: Bound[]) {
      sqlite.exec('BEGIN');
      for (const { sql, values } of statements) sqlite.prepare(sql).run(...values);
      sqlite.exec('COMMIT');
    },
  };
  return { database: surface as unknown as D1Database, [Symbol.dispose]: () => sqlite.close() };
}

/** The path of the one D1 database below a folder. */
export async function databaseIn(persist: string): Promise<string> {
  const files = await readdir(persist, { recursive: true });
  const [file, ...others] = files.filter(
    (name) => /(?:^|\/)d1\/.*\.sqlite$/.test(name) && !name.endsWith('metadata.sqlite'),
  );
  if (file === undefined || others.length > 0)
    throw new Error(`There is not exactly one database in ${persist}`);
  return join(persist, file);
}
