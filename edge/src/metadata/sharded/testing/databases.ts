/** Three empty databases for tests. */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';

export const DATABASES = [env.METADATA, env.TEST_METADATA_1, env.TEST_METADATA_2] as const;

/** The tables of ours; SQLite, D1 and the migrations have others. */
const TABLES = `SELECT name FROM sqlite_master WHERE type = 'table'
  AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*' AND name <> 'd1_migrations'`;

/** Deletes everything that is in the databases, which takes less time than making and migrating them again. */
export async function emptyDatabases(): Promise<void> {
  await Promise.all(DATABASES.map(empty));
}

async function empty(database: D1Database): Promise<void> {
  const { results } = await database.prepare(TABLES).all<{ name: string }>();
  if (results.length === 0) return applyD1Migrations(database, env.MIGRATIONS);
  await database.batch(results.map(({ name }) => database.prepare(`DELETE FROM ${name}`)));
}
