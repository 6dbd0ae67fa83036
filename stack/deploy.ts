/**
 * Deploys the instance to Cloudflare; docs/operations.md describes what it needs.
 *
 * npm run deploy                       asks for what it doesn't know, does what is missing, and tests the instance
 * npm run deploy -- --dry-run          builds everything, and lists each step with its command; changes nothing
 * npm run deploy -- --dashboard pages  the dashboard as a Pages project in front of the Worker
 * npm run deploy -- --config FILE      settings of another file than appflux.deploy.toml
 */

import { ROOT, runCommand } from './command.ts';
import { deploy } from './deploy/run.ts';
import { progressOn } from './progress.ts';

await runCommand(() =>
  deploy({ root: ROOT, args: process.argv.slice(2), env: process.env, progress: progressOn(process.stdout) }),
);
