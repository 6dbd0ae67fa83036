/** What a hostile site does with the entrypoints themselves, which its own code finds beside the facades. */
import { type Bindings, errorOf } from './case.ts';

// biome-ignore lint/suspicious/noExplicitAny: nothing about the raw entrypoints is typed for a site.
type Raw = any;

const ATTACKS: Readonly<Record<string, (raw: { KV: Raw; DB: Raw }, bindings: Bindings) => Promise<unknown>>> =
  {
    'other members': async ({ KV, DB }) => {
      const names = [
        'env',
        'ctx',
        'props',
        'export',
        'destroy',
        'usage',
        'alarm',
        'admit',
        'removeAll',
        'constructor',
        '__proto__',
        'fetch',
        'objectOf',
      ];
      const tried = names.flatMap((name) => [
        errorOf(() => KV[name]({ appId: 'f'.repeat(24), scope: 'production', binding: 'KV' })),
        errorOf(() => DB[name]('x')),
      ]);
      return (await Promise.all(tried)).map((each) => ('value' in (each as object) ? 'answered' : 'refused'));
    },
    'odd arguments': async ({ KV, DB }) => {
      const odd = [
        undefined,
        null,
        1,
        {},
        [],
        () => 1,
        'x'.repeat(600),
        { toString: () => 'k' },
        new Map([['a', 1]]),
      ];
      const calls = odd.flatMap((value) => [
        KV.read(value),
        KV.readMany(value),
        KV.readMany([value]),
        KV.write(value, new ArrayBuffer(1), {}),
        KV.write('k', value, {}),
        KV.write('k', new ArrayBuffer(1), { metadata: value ?? 5 }),
        KV.write('k', new ArrayBuffer(1), { scope: 'preview' }),
        KV.remove(value),
        KV.list({ cursor: value ?? 5, limit: Number.NaN }),
        DB.run(value),
        DB.run([value]),
        DB.run([{ sql: value, params: [] }]),
        DB.run([{ sql: 'SELECT ?', params: [value ?? []] }]),
        DB.run([{ sql: 'SELECT 1', params: [], scope: 'preview' }]),
      ]);
      const answers = await Promise.all(calls.map((call) => errorOf(() => call)));
      return answers.map((each) => {
        const { value } = each as { value?: { ok: boolean } };
        return value === undefined ? 'threw' : value.ok;
      });
    },
    'a result without end': (_, { DB }) =>
      errorOf(() =>
        DB.prepare('WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c').all(),
      ),
    'a huge value': async (_, { DB }) => [
      await errorOf(() => DB.prepare('SELECT length(?)').bind('x'.repeat(2_000_001)).first()),
      await errorOf(() => DB.prepare("SELECT printf('%.*c', 20000000, 'x')").first()),
      await errorOf(() => DB.prepare('SELECT zeroblob(1999999999)').first()),
    ],
    'many keys': async (_, { KV }) => {
      const keys = Array.from({ length: 1200 }, (_each, n) => `key-${String(n).padStart(5, '0')}`);
      for (let at = 0; at < keys.length; at += 250) {
        await Promise.all(keys.slice(at, at + 250).map((key) => KV.put(key, key)));
      }
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await KV.list({ ...(cursor === undefined ? {} : { cursor }) });
        seen.push(...page.keys.map(({ name }) => name));
        cursor = page.list_complete ? undefined : page.cursor;
      } while (cursor !== undefined);
      return [seen.length, seen.every((key, at) => key === keys[at])];
    },
    'fill by statement': async (_, { DB }) => {
      await DB.exec('CREATE TABLE IF NOT EXISTS fill (x BLOB)');
      const rows = (n: number) =>
        `INSERT INTO fill WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${n}) SELECT randomblob(100000) FROM c`;
      const within = await errorOf(() =>
        DB.prepare(rows(10))
          .run()
          .then(({ success }) => success),
      );
      const beyond = await errorOf(() => DB.prepare(rows(100)).run());
      const kept = await DB.prepare('SELECT count(*) AS n FROM fill').first('n');
      await DB.exec('DELETE FROM fill');
      const again = await errorOf(() =>
        DB.prepare(rows(10))
          .run()
          .then(({ success }) => success),
      );
      return [within, beyond, kept, again];
    },
    'fill by keys': async (_, { KV }) => {
      const value = new Uint8Array(1024 * 1024);
      const outcomes: unknown[] = [];
      for (const n of Array(8).keys()) outcomes.push(await errorOf(() => KV.put(`fill-${n}`, value)));
      for (const n of Array(8).keys()) await KV.delete(`fill-${n}`);
      return [outcomes, await errorOf(() => KV.put('after', 'x'))];
    },
    'keep three': async (_, { KV }) => {
      const value = new Uint8Array(1024 * 1024);
      const outcomes: unknown[] = [];
      for (const n of Array(3).keys()) outcomes.push(await errorOf(() => KV.put(`kept-${n}`, value)));
      return outcomes;
    },
    'odd database': async (_, { DB }) => {
      const statements = [
        'CREATE TABLE "odd ""table""" (a, b TEXT, c)',
        "INSERT INTO \"odd \"\"table\"\"\" VALUES (9007199254740993, 'it''s\n\"quoted\"; -- 🏠', x'00ff'), (1.0, 'a' || char(0) || 'b', NULL), (1e999, '', 0.1)",
        'CREATE TABLE pairs (a TEXT, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID',
        'INSERT INTO pairs WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 300) SELECT hex(n), n FROM c',
        'CREATE TABLE shadowed (rowid TEXT, oid TEXT, _rowid_ TEXT)',
        'INSERT INTO shadowed SELECT a, b, a FROM pairs',
        'CREATE TABLE numbered (id INTEGER PRIMARY KEY)',
        'INSERT INTO numbered SELECT 9007199254740990 + b FROM pairs',
        'INSERT INTO numbered VALUES (-9223372036854775808), (9223372036854775807)',
        'CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT)',
        'INSERT INTO counted VALUES (41)',
        'CREATE TABLE generated (n INTEGER, doubled INTEGER GENERATED ALWAYS AS (n * 2) STORED, half AS (n / 2))',
        'INSERT INTO generated (n) VALUES (42)',
        'CREATE INDEX by_n ON generated (n)',
        'CREATE VIEW viewed AS SELECT n FROM generated',
        'CREATE TABLE seen (n)',
        'CREATE TRIGGER watch AFTER INSERT ON counted BEGIN INSERT INTO seen VALUES (1); END',
        'INSERT INTO counted DEFAULT VALUES',
        'DELETE FROM counted WHERE id = 42',
        "UPDATE sqlite_sequence SET seq = 41 WHERE name = 'counted'",
      ];
      await DB.batch(statements.map((sql) => DB.prepare(sql)));
      const numbers = 'SELECT count(*) || min(id) || max(id) || CAST(sum(id % 1000) AS TEXT) FROM numbered';
      return {
        rows: await DB.prepare('SELECT quote(a), hex(b), typeof(c) FROM "odd ""table"""').raw(),
        numbers: (await DB.prepare(numbers).raw()).flat(),
      };
    },
    'odd keys': async (_, { KV }) => {
      await KV.put('line\nbreak', '\uFEFFtext "quoted"');
      await KV.put('bytes', new Uint8Array([0, 255, 128]));
      await KV.put('empty', '');
      await KV.put('long bytes', new Uint8Array(100_000).fill(255));
      await KV.put('long text', `${'x'.repeat(3 * 8192 - 1)}${'🏠'.repeat(30_000)}`);
      await KV.put('expires', 'x', { expiration: 2_100_000_000, metadata: { a: [1] } });
      return 'written';
    },
    // The site's KV is an SQLite database now.
    'swapped kinds': async (_, { KV }) => {
      await (KV as unknown as D1Database).exec('CREATE TABLE a (x)');
      return 'works';
    },
    'write marker': async (_, { KV, DB }) => {
      await KV.put('marker', 'mine');
      await DB.exec('CREATE TABLE marker (x)');
      return 'written';
    },
    'read marker': async (_, { KV, DB }) => [
      await KV.get('marker'),
      await DB.prepare("SELECT name FROM sqlite_master WHERE name = 'marker'")
        .all()
        .then(({ results }) => results.length),
    ],
  };

export async function attack(name: string, bindings: Bindings): Promise<Response> {
  const { raw } = globalThis as unknown as { raw: { KV: Raw; DB: Raw } };
  const run = ATTACKS[name];
  return run === undefined
    ? new Response(null, { status: 404 })
    : Response.json(await errorOf(() => run(raw, bindings)));
}
