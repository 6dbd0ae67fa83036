/** The migrations of a deployed database. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { unknownMigrations } from '../edge/migrations.ts';
import { errorLines, StackProblem } from '../problem.ts';

/** What `wrangler d1 execute --json` prints. */
const Executed = z.array(z.looseObject({ results: z.array(z.looseObject({ name: z.string() })) }));

/** A database that was never migrated has no list of migrations. */
const NEVER_MIGRATED = /no such table: d1_migrations/;

/**
 * Refuses to deploy over a database that a newer version has migrated. Changes nothing.
 * @param wranglerConfig wrangler.toml, absolute
 * @throws StackProblem `state_newer` with the names of the migrations, or `edge_failed` if the database can't be read
 */
export async function refuseNewerDatabase(
  root: string,
  wranglerConfig: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const command = 'SELECT name FROM d1_migrations';
  const { failed, stdout, all } = await execa(
    process.execPath,
    [
      join(root, 'node_modules', 'wrangler', 'bin', 'wrangler.js'),
      'd1',
      'execute',
      'METADATA',
      '--remote',
      '--json',
      '--yes',
      '--config',
      wranglerConfig,
      '--command',
      command,
    ],
    {
      cwd: root,
      // wrangler would look for a newer version of itself, and leave what it found in the temporary folder.
      env: { ...env, WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true' },
      stdin: 'ignore',
      all: true,
      reject: false,
    },
  );
  if (failed) {
    if (NEVER_MIGRATED.test(all)) return;
    throw new StackProblem(
      'edge_failed',
      `The deployed database could not be read (${errorLines(all, 8)})`,
      'run "npx wrangler d1 execute METADATA --remote --command \'SELECT 1\'" to see why',
    );
  }
  const applied = new Set(
    Executed.parse(JSON.parse(stdout)).flatMap(({ results }) => results.map(({ name }) => name)),
  );
  const unknown = unknownMigrations(await readdir(join(root, 'edge', 'migrations')), applied);
  if (unknown.length === 0) return;
  throw new StackProblem(
    'state_newer',
    `A newer version of AppFlux has migrated the deployed database: this version does not know ${unknown.join(', ')}`,
    'deploy that version or a later one',
  );
}
