/**
 * Upgrades the instance that runs from this git clone; docs/self-hosting.md describes it.
 *
 *   npm run upgrade                           the newest version of the remote
 *   npm run upgrade -- --to REF               a branch, tag or commit
 *   npm run upgrade -- --wait 60              waits up to an hour for running builds (30 minutes)
 *   npm run upgrade -- --now                  stops running builds; they are built again
 *   npm run upgrade -- --backup TARGET        makes the backup there; --no-backup makes none
 *   npm run upgrade -- --back                 goes back after an upgrade that was killed
 */
import { ROOT, runCommand } from './command.ts';
import { checkPlatform } from './preconditions.ts';
import { StackProblem } from './problem.ts';
import { progressOn } from './progress.ts';
import { upgradeOptions } from './upgrade/arguments.ts';
import { goBackAfterBreak } from './upgrade/go-back.ts';
import { upgrade } from './upgrade/run.ts';

const progress = progressOn(process.stdout);

const stoppedBy = (signal: string) =>
  new StackProblem('upgrade_refused', `The upgrade was stopped by ${signal}`, 'the version before runs');

await runCommand(async () => {
  checkPlatform(process.platform);
  const options = upgradeOptions(process.argv.slice(2));
  if (options.back) return goBackAfterBreak({ root: ROOT, progress });
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stopping.abort(stoppedBy(signal)));
  }
  return upgrade({ root: ROOT, options, progress, signal: stopping.signal });
});
