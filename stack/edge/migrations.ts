/** Migrates the databases of an instance, as `wrangler d1 migrations apply` does for a deployed one. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { execa } from 'execa';
import { z } from 'zod';
import { lastLines, PROBLEM_CODES, StackProblem } from '../problem.ts';
import type { EdgeConfig } from './config.ts';
import { databaseFile, localDatabases, refuseFewer, type WithDatabases } from './databases.ts';

/** Wrangler's own table, so that either can continue what the other has done. */
export const TABLE = 'd1_migrations';

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

/** What the process that migrates prints. */
export const MigrationOutcome = z.union([
  z.strictObject({ applied: z.array(z.string()) }),
  z.strictObject({
    problem: z.strictObject({ code: z.enum(PROBLEM_CODES), message: z.string(), advice: z.string() }),
  }),
]);
export type MigrationOutcome = z.infer<typeof MigrationOutcome>;

/**
 * Migrates the databases of an instance while nothing of its Worker runs: an alarm or a queued message would find the
 * tables of an earlier version. A process of its own does it, which ends: wrangler and another workerd are only needed for it.
 * @returns the names of the migrations that were applied
 * @throws StackProblem `state_newer`, or `settings_invalid` for fewer databases than there are
 */
export async function migrateDatabases(config: Persisted): Promise<string[]> {
  refuseFewer(config);
  if (await isMigrated(config)) return [];
  const { wranglerConfig, persist, metadataDatabases } = config;
  const program = join(import.meta.dirname, 'migrate.ts');
  const databases = JSON.stringify({ wranglerConfig, persist, metadataDatabases });
  const { stdout, stderr, failed } = await execa(
    // prctl(2), PR_SET_PDEATHSIG: after a kill of this process, the next start would migrate them at the same time.
    'setpriv',
    ['--pdeathsig', 'TERM', process.execPath, program, databases],
    { reject: false },
  );
  const outcome = failed ? null : MigrationOutcome.parse(JSON.parse(stdout));
  if (outcome === null) {
    throw new StackProblem(
      'edge_failed',
      `The database could not be migrated (${lastLines(stderr)})`,
      'fix that, then try again: each migration is applied as a whole or not at all',
    );
  }
  if ('applied' in outcome) return outcome.applied;
  throw new StackProblem(outcome.problem.code, outcome.problem.message, outcome.problem.advice);
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
