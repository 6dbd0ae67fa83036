/** Migrates the databases of an instance, as `wrangler d1 migrations apply` does for a deployed one. */
import { createHash, createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Miniflare } from 'miniflare';
import { unstable_readConfig as readConfig, unstable_splitSqlQuery as splitSql } from 'wrangler';
import { StackProblem } from '../problem.ts';
import type { EdgeConfig } from './config.ts';
import { databaseOptions } from './options.ts';

/** Wrangler's own table, so that either can continue what the other has done. */
const TABLE = 'd1_migrations';

/** The migrations that are not applied yet, in the order of their names. */
export function pendingMigrations(files: readonly string[], applied: ReadonlySet<string>): string[] {
  return files.filter((name) => name.endsWith('.sql') && !applied.has(name)).sort();
}

/** The migrations of a database that this version doesn't have: a newer version has applied them. */
export function unknownMigrations(files: readonly string[], applied: ReadonlySet<string>): string[] {
  return [...applied].filter((name) => !files.includes(name)).sort();
}

/**
 * Migrates the databases of an instance while nothing of its Worker runs: an alarm or a queued message would find the
 * tables of an earlier version.
 * @returns the names of the migrations that were applied
 */
export async function migrateDatabases(
  config: Pick<EdgeConfig, 'wranglerConfig' | 'persist'>,
): Promise<string[]> {
  if (await isMigrated(config)) return [];
  const miniflare = new Miniflare(databaseOptions(config));
  try {
    return await applyMigrations(miniflare, config.wranglerConfig);
  } finally {
    await miniflare.dispose();
  }
}

/**
 * Whether every database has exactly the migrations of this version. Reads the files of the databases, which takes
 * milliseconds; workerd, which applies migrations, takes a second to start.
 */
export async function isMigrated({
  wranglerConfig,
  persist,
}: Pick<EdgeConfig, 'wranglerConfig' | 'persist'>): Promise<boolean> {
  for (const { migrations_dir, database_id, preview_database_id } of readConfig({ config: wranglerConfig })
    .d1_databases) {
    if (migrations_dir === undefined) continue;
    const applied = readApplied(databaseFile(persist, preview_database_id ?? database_id ?? ''));
    if (applied === null) return false;
    const files = await readdir(join(dirname(wranglerConfig), migrations_dir));
    if (pendingMigrations(files, applied).length + unknownMigrations(files, applied).length > 0) return false;
  }
  return true;
}

/** The names of the migrations that a file's database has; null if the file does not say. */
function readApplied(file: string): Set<string> | null {
  if (!existsSync(file)) return null;
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      const rows = database.prepare(`SELECT name FROM ${TABLE}`).all();
      return new Set(rows.map(({ name }) => String(name)));
    } finally {
      database.close();
    }
  } catch {
    // It has no such table, is locked by a runtime that is ending, or is damaged: the runtime opens it and says so.
    return null;
  }
}

/** The file that a local D1 database is stored in: Miniflare names it by the ID of its Durable Object. */
export function databaseFile(persist: string, databaseId: string): string {
  const object = 'miniflare-D1DatabaseObject';
  const key = createHash('sha256').update(object).digest();
  const sign = (data: string | Buffer) => createHmac('sha256', key).update(data).digest().subarray(0, 16);
  const name = sign(databaseId);
  return join(persist, 'd1', object, `${Buffer.concat([name, sign(name)]).toString('hex')}.sqlite`);
}

/**
 * Applies pending migrations to every D1 database of wrangler.toml that has a `migrations_dir`. Each migration is one
 * transaction that also records it as applied.
 * @returns the names that were applied
 * @throws StackProblem `state_newer` if a newer version has migrated a database; then nothing is changed
 */
export async function applyMigrations(miniflare: Miniflare, wranglerConfig: string): Promise<string[]> {
  const config = readConfig({ config: wranglerConfig });
  const done: string[] = [];
  for (const { binding, database_name, migrations_dir: folder } of config.d1_databases) {
    if (folder === undefined) continue;
    const path = join(dirname(wranglerConfig), folder);
    const database = await miniflare.getD1Database(binding);
    await database
      .prepare(
        `CREATE TABLE IF NOT EXISTS ${TABLE} (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, ` +
          'applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)',
      )
      .run();
    const { results } = await database.prepare(`SELECT name FROM ${TABLE}`).all<{ name: string }>();
    const files = await readdir(path);
    const applied = new Set(results.map((row) => row.name));
    const unknown = unknownMigrations(files, applied);
    if (unknown.length > 0) {
      throw new StackProblem(
        'state_newer',
        `A newer version of AppFlux has migrated the database ${database_name}: this version does not know ${unknown.join(', ')}`,
        'use that version or a later one, or restore a backup of this version into another APPFLUX_STATE',
      );
    }
    for (const name of pendingMigrations(files, applied)) {
      const statements = splitSql(await readFile(join(path, name), 'utf8'));
      await database.batch([
        ...statements.map((sql) => database.prepare(sql)),
        database.prepare(`INSERT INTO ${TABLE} (name) VALUES (?)`).bind(name),
      ]);
      done.push(name);
    }
  }
  return done;
}
