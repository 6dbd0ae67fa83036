/** Migrates the databases that the first argument describes, and prints a MigrationOutcome as JSON (migrations.ts). */
import { Miniflare } from 'miniflare';
import { z } from 'zod';
import { isStackProblem } from '../problem.ts';
import { applyMigrations } from './apply-migrations.ts';
import { databaseOptions } from './database-options.ts';
import type { MigrationOutcome } from './migrations.ts';

const Databases = z.object({
  wranglerConfig: z.string(),
  persist: z.string(),
  metadataDatabases: z.int().optional(),
});

const config = Databases.parse(JSON.parse(process.argv[2] ?? ''));
const miniflare = new Miniflare(databaseOptions(config));
let outcome: MigrationOutcome;
try {
  outcome = { applied: await applyMigrations(miniflare, config) };
} catch (error) {
  if (!isStackProblem(error)) throw error;
  outcome = { problem: { code: error.code, message: error.message, advice: error.advice } };
} finally {
  await miniflare.dispose();
}
process.stdout.write(JSON.stringify(outcome));
