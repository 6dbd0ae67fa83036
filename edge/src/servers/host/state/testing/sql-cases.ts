/** Cases of D1: https://developers.cloudflare.com/d1/worker-api/ */
import { type Case, errorOf } from './case.ts';

// biome-ignore lint/suspicious/noExplicitAny: cases pass what types refuse.
const any = (value: unknown): any => value;

/** What of `meta` is the same in both places. */
const known = ({ meta, ...result }: D1Result) => ({
  ...result,
  meta: {
    fields: Object.keys(meta).sort(),
    types: [typeof meta.duration, typeof meta.served_by, typeof any(meta).timings?.sql_duration_ms],
    changes: meta.changes,
    last_row_id: meta.last_row_id,
    changed_db: meta.changed_db,
    rows_read: meta.rows_read,
    rows_written: meta.rows_written,
    hasSize: meta.size_after > 0,
  },
});

const people = async (DB: D1Database) => {
  await DB.exec(
    'CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, age INTEGER)',
  );
  await DB.batch([
    DB.prepare('INSERT INTO people (name, age) VALUES (?, ?)').bind('Ada', 36),
    DB.prepare('INSERT INTO people (name, age) VALUES (?, ?)').bind('Bob', null),
  ]);
};

export const sqlCases: Readonly<Record<string, Case>> = {
  'sql: results': async ({ DB }) => {
    await people(DB);
    const all = DB.prepare('SELECT * FROM people ORDER BY id');
    return [
      known(await all.all()),
      known(await all.run()),
      await all.first(),
      await all.first('name'),
      await all.first('age'),
      await all.raw(),
      await all.raw({ columnNames: true }),
      await DB.prepare('SELECT * FROM people WHERE id = ?').bind(99).first(),
      await DB.prepare('SELECT * FROM people WHERE id = ?').bind(99).first('name'),
      await DB.prepare('SELECT * FROM people WHERE id = ?').bind(99).raw({ columnNames: true }),
      await errorOf(() => all.first('nobody')),
      known(await DB.prepare('UPDATE people SET age = 1').run()),
      known(await DB.prepare("INSERT INTO people (name) VALUES ('C') RETURNING id, name").all()),
      known(await DB.prepare('DELETE FROM people WHERE age = 1').run()),
      known(await DB.prepare('SELECT 1 AS a, 2 AS a').all()),
      await DB.prepare('SELECT 1 AS a, 2 AS a').raw({ columnNames: true }),
    ];
  },
  'sql: values': async ({ DB }) => {
    const echo = (...values: unknown[]) =>
      DB.prepare(
        `SELECT ${values.map((_, at) => `?${at + 1} AS v${at}, typeof(?${at + 1}) AS t${at}`).join(', ')}`,
      )
        .bind(...values)
        .first();
    return [
      await echo(null, true, false),
      await echo(0, -1, 1.5, 1e300, Number.MAX_SAFE_INTEGER, -0),
      await echo(Number.NaN, Number.POSITIVE_INFINITY),
      await echo('', 'ä🏠', "it's", 'a\0b', '\uD800'),
      await echo(
        new Uint8Array([0, 1, 255]),
        new Uint8Array([9, 8, 7]).subarray(1),
        new ArrayBuffer(2),
        [1, 2, 3],
      ),
      await DB.prepare(
        'SELECT 9007199254740993 AS big, -9223372036854775808 AS least, 1e999 AS inf, 0.1 AS real',
      ).first(),
      await errorOf(() => echo(undefined)),
      await errorOf(() => echo({ a: 1 })),
      await errorOf(() => echo(10n)),
      await errorOf(() => echo(() => 1)),
      await errorOf(() => echo([300])),
      await errorOf(() => echo(Symbol('s'))),
      await errorOf(() => echo(new Date(0))),
    ];
  },
  'sql: binding': async ({ DB }) => {
    const two = DB.prepare('SELECT ? AS a, ? AS b');
    const bound = two.bind(1, 2);
    return [
      await bound.first(),
      await two.bind(3, 4).first(),
      await bound.bind(5, 6).first(),
      await errorOf(() => two.bind(1).first()),
      await errorOf(() => two.bind(1, 2, 3).first()),
      await errorOf(() => two.first()),
      await DB.prepare('SELECT ?2 AS a, ?1 AS b').bind('x', 'y').first(),
      await errorOf(() =>
        DB.prepare(`SELECT ${Array(101).fill('?').join(',')}`)
          .bind(...Array(101).fill(1))
          .first(),
      ),
    ];
  },
  'sql: errors': async ({ DB }) => {
    await people(DB);
    const error = (sql: string) => errorOf(() => DB.prepare(sql).all());
    return [
      await error('SELECT * FROM nothing'),
      await error('SELEC 1'),
      await error("INSERT INTO people (name) VALUES ('Ada')"),
      await error('INSERT INTO people (age) VALUES (1)'),
      await error('SELECT nothing FROM people'),
      await error(''),
      await error(`SELECT '${'x'.repeat(100_001)}'`),
    ];
  },
  'sql: a batch is a transaction': async ({ DB }) => {
    await people(DB);
    const insert = (name: string) => DB.prepare('INSERT INTO people (name) VALUES (?)').bind(name);
    const results = await DB.batch([
      insert('C'),
      DB.prepare('SELECT count(*) AS n FROM people'),
      insert('D'),
    ]);
    const failed = await errorOf(() => DB.batch([insert('E'), insert('Ada'), insert('F')]));
    const failedSyntax = await errorOf(() => DB.batch([insert('G'), DB.prepare('SELEC')]));
    return [
      results.map(known),
      failed,
      failedSyntax,
      await DB.prepare('SELECT name FROM people ORDER BY id').raw(),
      await errorOf(() => DB.batch([])),
    ];
  },
  'sql: exec': async ({ DB }) => {
    const { count, duration } = await DB.exec(
      '\nCREATE TABLE a (x);\n\n  -- a comment\nINSERT INTO a VALUES (1);\nINSERT INTO a VALUES (2);\n',
    );
    return [
      count,
      typeof duration,
      (await DB.exec('SELECT 1; SELECT 2')).count,
      await errorOf(() => DB.exec('SELEC\nINSERT INTO a VALUES (3)')),
      await errorOf(() => DB.exec('')),
      await DB.prepare('SELECT count(*) AS n FROM a').first('n'),
      await errorOf(() => DB.exec('CREATE TABLE b (\n  x\n)')),
    ];
  },
  'sql: sessions': async ({ DB }) => {
    const session = DB.withSession('first-primary');
    const before = session.getBookmark();
    await session.prepare('CREATE TABLE a (x)').run();
    await session.batch([session.prepare('INSERT INTO a VALUES (1)')]);
    const bookmark = session.getBookmark();
    return [
      before,
      typeof bookmark,
      await DB.withSession(bookmark ?? '')
        .prepare('SELECT x FROM a')
        .first('x'),
      await DB.withSession().prepare('SELECT x FROM a').raw(),
    ];
  },
  'sql: what SQLite has': async ({ DB }) => {
    await DB.exec('CREATE VIRTUAL TABLE notes USING fts5(body)');
    await DB.exec("INSERT INTO notes VALUES ('the quick brown fox'), ('lazy dogs')");
    await DB.exec('CREATE TABLE parent (id INTEGER PRIMARY KEY)');
    await DB.exec('CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent(id))');
    return [
      await DB.prepare('SELECT body FROM notes WHERE notes MATCH ?').bind('quick').raw(),
      await DB.prepare(`SELECT json_extract('{"a":[1,2]}', '$.a[1]') AS v`).first('v'),
      await DB.prepare(
        'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 5) SELECT sum(x) AS s FROM c',
      ).first('s'),
      await errorOf(() => DB.prepare('INSERT INTO child (parent) VALUES (7)').run()),
      await DB.prepare('PRAGMA table_info(parent)').raw(),
      await DB.prepare(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name",
      ).raw(),
    ];
  },
  'sql: what is out of reach': async ({ DB }) => {
    const error = (sql: string) => errorOf(() => DB.prepare(sql).run());
    return [
      await error("ATTACH DATABASE ':memory:' AS other"),
      await error("ATTACH DATABASE '/etc/passwd' AS other"),
      await error('DETACH DATABASE main'),
      await error("VACUUM INTO '/tmp/copy.db'"),
      await error('PRAGMA journal_mode = OFF'),
      await error('PRAGMA database_list'),
      await error('PRAGMA writable_schema = ON'),
      await error('PRAGMA max_page_count = 1000000'),
      await error("SELECT load_extension('/tmp/x.so')"),
      await error("SELECT readfile('/etc/passwd')"),
      await error('CREATE TABLE _cf_own (x)'),
      await error('SELECT * FROM _cf_KV'),
    ];
  },
};
