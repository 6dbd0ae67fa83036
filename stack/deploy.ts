/**
 * Deploys the control plane to Cloudflare; docs/operations.md lists the requirements.
 *
 * npm run deploy -- --dry-run builds and checks everything that would be uploaded; uses no network
 * npm run deploy applies the migrations of the database, then uploads
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { unstable_readConfig as readConfig } from 'wrangler';
import { ROOT, runCommand } from './command.ts';
import { ensureDashboard } from './dashboard.ts';
import { deployProblems, SECRETS } from './deploy/check.ts';
import { refuseNewerDatabase } from './deploy/migrations.ts';
import { bundleWorker } from './edge/bundle.ts';
import { pendingMigrations } from './edge/migrations.ts';
import { StackProblem } from './problem.ts';
import { during, progressOn } from './progress.ts';

const progress = progressOn(process.stdout);
const wranglerConfig = join(ROOT, 'wrangler.toml');

/** Builds the dashboard and the Worker, and prints what would be uploaded. */
async function build(): Promise<void> {
  await ensureDashboard(ROOT, process.env, progress);
  const cache = join(ROOT, 'node_modules', '.cache', 'appflux', 'deploy');
  const main = await during(progress, 'Bundling the Worker', () =>
    bundleWorker(
      {
        wranglerConfig,
        sources: ['edge', 'protocol'].map((part) => join(ROOT, part)),
        files: [join(ROOT, 'package-lock.json')],
      },
      cache,
    ),
  );
  const files = await readdir(join(ROOT, 'dashboard', 'build'), { recursive: true, withFileTypes: true });
  progress.say(`Worker: ${Math.round((await stat(main)).size / 1024)} KB before compression.`);
  progress.say(`Dashboard: ${files.filter((file) => file.isFile()).length} files.`);
  const migrations = pendingMigrations(await readdir(join(ROOT, 'edge', 'migrations')), new Set());
  progress.say(`Database migrations: ${migrations.join(', ')}.`);
  for (const [name, what] of Object.entries(SECRETS)) progress.say(`Secret ${name}: ${what}`);
}

async function wrangler(...args: string[]): Promise<void> {
  const program = join(ROOT, 'node_modules', '.bin', 'wrangler');
  const { exitCode } = await execa(program, args, {
    cwd: ROOT,
    env: { WRANGLER_SEND_METRICS: 'false' },
    stdio: 'inherit',
    reject: false,
  });
  if (exitCode === 0) return;
  throw new StackProblem('edge_failed', `wrangler ${args.join(' ')} failed`, 'see its output above');
}

await runCommand(async () => {
  const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean', default: false } } });
  await build();
  const problems = deployProblems(readConfig({ config: wranglerConfig }));
  if (values['dry-run']) {
    for (const problem of problems) progress.say(`Fix before deploying: ${problem}`);
    progress.say('Nothing was uploaded.');
    return 0;
  }
  if (problems.length > 0) {
    throw new StackProblem('settings_invalid', problems.join('; '), 'fix it in wrangler.toml');
  }
  await refuseNewerDatabase(ROOT, wranglerConfig, process.env);
  await wrangler('d1', 'migrations', 'apply', 'METADATA', '--remote');
  await wrangler('deploy');
  return 0;
});
