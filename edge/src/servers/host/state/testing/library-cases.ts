/** Cases that use state as frameworks do: by libraries. */
import { createDatabase } from 'db0';
import d1Connector from 'db0/connectors/cloudflare-d1';
import { eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { blob, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { createStorage } from 'unstorage';
import kvDriver from 'unstorage/drivers/cloudflare-kv-binding';
import { type Case, errorOf } from './case.ts';

const notes = sqliteTable('notes', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  title: text('title').notNull().unique(),
  done: integer('done', { mode: 'boolean' }).notNull().default(false),
  at: integer('at', { mode: 'timestamp' }),
  tags: text('tags', { mode: 'json' }).$type<string[]>(),
  raw: blob('raw', { mode: 'buffer' }),
});
const CREATE =
  'CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL UNIQUE, done INTEGER NOT NULL DEFAULT 0, at INTEGER, tags TEXT, raw BLOB)';

export const libraryCases: Readonly<Record<string, Case>> = {
  'library: drizzle-orm': async ({ DB }) => {
    const db = drizzle(DB);
    await db.run(sql.raw(CREATE));
    const inserted = await db
      .insert(notes)
      .values([
        { title: 'one', tags: ['a', 'b'], at: new Date(86_400_000) },
        { title: 'two', done: true },
      ])
      .returning();
    await db.update(notes).set({ done: true }).where(eq(notes.title, 'one'));
    const [first, count] = await db.batch([
      db.select().from(notes).where(eq(notes.id, 1)),
      db.select({ n: sql<number>`count(*)` }).from(notes),
    ]);
    const failed = await errorOf(() => db.insert(notes).values({ title: 'one' }));
    await db.delete(notes).where(eq(notes.done, true));
    return [
      inserted,
      first,
      count,
      (failed as { cause: string }).cause,
      await db.select().from(notes),
      await db.get(sql`SELECT 1 AS one`),
    ];
  },
  'library: unstorage': async ({ KV }) => {
    const storage = createStorage({ driver: kvDriver({ binding: KV, base: 'cache' }) });
    await storage.setItem('a:b', { n: 1 });
    await storage.setItem('a:c', 'text');
    await storage.setItem('short', 'x', { ttl: 120 });
    await storage.setItemRaw('raw', new Uint8Array([1, 2, 3]));
    const keys = (await storage.getKeys()).sort();
    await storage.removeItem('a:c');
    const read = [await storage.getItem('a:b'), await storage.hasItem('a:c'), await storage.getKeys('a')];
    await storage.clear();
    return [keys, read, await storage.getKeys(), (await KV.list()).keys];
  },
  'library: db0': async ({ DB }) => {
    (globalThis as { __env__?: unknown }).__env__ = { DB };
    const db = createDatabase(d1Connector({ bindingName: 'DB' }));
    await db.exec(CREATE);
    await db.sql`INSERT INTO notes (title, done) VALUES (${'one'}, ${1})`;
    const { rows } = await db.sql`SELECT title, done FROM notes`;
    const statement = db.prepare('SELECT title FROM notes WHERE done = ?');
    return [rows, await statement.bind(1).all(), await statement.get(0), await statement.all(1)];
  },
};
