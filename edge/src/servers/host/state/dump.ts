/** An SQLite database as SQL, in the form of the `.dump` command: `sqlite3 new.db < dump.sql` reads it back. */

type Storage = Pick<SqlStorage, 'exec'>;

interface SchemaRow extends Record<string, SqlStorageValue> {
  type: string;
  name: string;
  sql: string;
}

/**
 * Statements, each with its line break. The last one is COMMIT, so that an export that was cut off changes nothing. Rows are
 * read when they are asked for; the caller keeps others from writing meanwhile.
 */
export function* dumpSql(storage: Storage): Generator<string> {
  const schema = [
    ...storage.exec<SchemaRow>(
      `SELECT type, name, sql FROM sqlite_schema
       WHERE sql IS NOT NULL AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY rowid`,
    ),
  ];
  const tables = schema.filter(({ type, name }) => type === 'table' && !name.startsWith('sqlite_'));
  yield 'PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n';
  for (const table of tables) {
    if (isVirtual(table)) yield createVirtual(table);
    else {
      yield `${table.sql};\n`;
      yield* inserts(storage, table.name);
    }
  }
  yield* sequences(storage);
  for (const { type, sql } of schema) if (type !== 'table') yield `${sql};\n`;
  if (tables.some(isVirtual)) yield 'PRAGMA writable_schema=OFF;\n';
  yield 'COMMIT;\n';
}

const isVirtual = ({ sql }: SchemaRow): boolean => /^\s*create\s+virtual\s+table\b/i.test(sql);

/** The tables that a virtual one keeps its contents in are dumped as any other: creating it would create them. */
const createVirtual = ({ name, sql }: SchemaRow): string =>
  `PRAGMA writable_schema=ON;\nINSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql) VALUES('table',${literal(name)},${literal(name)},0,${literal(sql)});\n`;

function* inserts(storage: Storage, table: string): Generator<string> {
  // Columns that are generated are neither in SELECT's own list nor may they be inserted.
  const names = [
    ...storage.exec<{ name: string; hidden: number }>(
      'SELECT name, hidden FROM pragma_table_xinfo(?)',
      table,
    ),
  ];
  const columns = names.filter(({ hidden }) => hidden === 0).map(({ name }) => identifier(name));
  const into = `INSERT INTO ${identifier(table)}(${columns.join(',')}) VALUES`;
  const select = `SELECT ${columns.map(written).join(', ')}`;
  for (const row of rowsOf(
    storage,
    select,
    table,
    names.map(({ name }) => name),
  )) {
    yield `${into}(${row.join(',')});\n`;
  }
}

/** How many rows are read at first, and at most, and how many characters of them are enough. */
const PAGE = { first: 4, most: 1000, enough: 256 * 1024 };

/**
 * The rows that `select` gives of a table, a page at a time: a cursor that is left open ends with an error when another
 * transaction is rolled back.
 */
function* rowsOf(
  storage: Storage,
  select: string,
  table: string,
  columns: readonly string[],
): Generator<SqlStorageValue[]> {
  const key = rowidOf(storage, table, columns);
  // Row IDs as text: JavaScript would round large ones.
  const query =
    key === null
      ? `${select}, NULL FROM ${identifier(table)} LIMIT ?2 OFFSET ?3 + coalesce(?1, 0)`
      : `${select}, CAST(${key} AS TEXT) FROM ${identifier(table)}
         WHERE (?1 IS NULL OR ${key} > CAST(?1 AS INTEGER)) ORDER BY ${key} LIMIT ?2 OFFSET ?3`;
  let after: SqlStorageValue = null;
  let limit = PAGE.first;
  for (let read = 0; ; ) {
    const rows: SqlStorageValue[][] = [...storage.exec(query, after, limit, key === null ? read : 0).raw()];
    let length = 0;
    for (const row of rows) {
      after = row.pop() ?? null;
      length += row.reduce((sum: number, value) => sum + String(value).length, 0);
      yield row;
    }
    if (rows.length < limit) return;
    read += rows.length;
    limit = length < PAGE.enough ? Math.min(limit * 2, PAGE.most) : Math.max(1, limit >> 1);
  }
}

/** A name of a table's row ID that is none of its columns; null if it has no row IDs, or no such name is left. */
function rowidOf(storage: Storage, table: string, columns: readonly string[]): string | null {
  const [found] = storage
    .exec<{ wr: number }>("SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?", table)
    .toArray();
  if (found?.wr !== 0) return null;
  const taken = new Set(columns.map((name) => name.toLowerCase()));
  return ['rowid', '_rowid_', 'oid'].find((name) => !taken.has(name)) ?? null;
}

/**
 * SQLite itself writes a value as SQL: JavaScript would round large integers. The shell of SQLite reads up to a NUL, so a
 * text that has one is written as its bytes.
 */
const written = (column: string): string =>
  `CASE WHEN typeof(${column}) = 'text' AND instr(${column}, char(0)) > 0
     THEN 'CAST(X''' || hex(${column}) || ''' AS TEXT)' ELSE quote(${column}) END`;

/** The counters of AUTOINCREMENT: their table is there as soon as a table uses it. */
function* sequences(storage: Storage): Generator<string> {
  const has = storage.exec("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").toArray();
  if (has.length === 0) return;
  yield 'DELETE FROM sqlite_sequence;\n';
  for (const { name, seq } of storage.exec<{ name: string; seq: string }>(
    'SELECT name, CAST(seq AS TEXT) AS seq FROM sqlite_sequence',
  )) {
    yield `INSERT INTO sqlite_sequence(name,seq) VALUES(${literal(name)},${seq});\n`;
  }
}

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
