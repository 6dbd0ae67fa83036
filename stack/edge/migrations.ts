/** Migrates the databases of an instance, as `wrangler d1 migrations apply` does for a deployed one. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Miniflare } from 'miniflare';
import { unstable_splitSqlQuery as splitSql } from 'wrangler';
import { StackProblem } from '../problem.ts';
import type { EdgeConfig } from './config.ts';
import { databaseFile, localDatabases, refuseFewer, type WithDatabases } from './databases.ts';
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

/** The databases of an instance, and where they are. */
type Persisted = WithDatabases & Pick<EdgeConfig, 'persist'>;

/**
 * Migrates the databases of an instance while nothing of its Worker runs: an alarm or a queued message would find the
 * tables of an earlier version.
 * @returns the names of the migrations that were applied
 * @throws StackProblem `state_newer`, or `settings_invalid` for fewer databases than there are
 */
export async function migrateDatabases(config: Persisted): Promise<string[]> {
  refuseFewer(config);
  if (await isMigrated(config)) return [];
  const miniflare = new Miniflare(databaseOptions(config));
  try {
    return await applyMigrations(miniflare, config);
  } finally {
    await miniflare.dispose();
  }
}

/**
 * Whether every database has exactly the migrations of this version. Reads the files of the databases, which takes
 * milliseconds; workerd, which applies migrations, takes a second to start.
 */
export async function isMigrated(config: Persisted): Promise<boolean> {
  for (const { id, migrations } of localDatabases(config)) {
    if (migrations === null) continue;
    const applied = readApplied(databaseFile(config.persist, id));
    if (applied === null) return false;
    const files = await readdir(migrations);
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

/**
 * Applies pending migrations to every database that has some. Each migration is one
 * transaction that also records it as applied.
 * @returns the names that were applied
 * @throws StackProblem `state_newer` if a newer version has migrated a database; then nothing is changed
 */
export async function applyMigrations(miniflare: Miniflare, config: WithDatabases): Promise<string[]> {
  const done: string[] = [];
  for (const { binding, id, migrations: path } of localDatabases(config)) {
    if (path === null) continue;
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
        `A newer version of AppFlux has migrated the database ${id}: this version does not know ${unknown.join(', ')}`,
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
