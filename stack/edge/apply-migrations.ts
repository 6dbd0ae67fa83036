/** Applies migrations to the databases of a running workerd. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Miniflare } from 'miniflare';
import { unstable_splitSqlQuery as splitSql } from 'wrangler';
import { StackProblem } from '../problem.ts';
import { localDatabases, type WithDatabases } from './databases.ts';
import { pendingMigrations, TABLE, unknownMigrations } from './migrations.ts';

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
